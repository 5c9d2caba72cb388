"""The first steps of the export job, each ticked by evidence: a Current into the sandbox, events
that it saw and delivered, a refused key and its end. Knows rows and visits; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from braze_partners.dashboard.story_step import Step, Story
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.workspaces.models import Workspace
from currents.models import CredentialFailure, Current, Lane, LedgerEntry
from currents.states import SEEING

STOPPED_PAGE = "current stopped"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of the latest Current that a person launched into the sandbox."""

    current: Current | None
    received_at: datetime | None = None
    delivered_at: datetime | None = None
    refused_at: datetime | None = None
    recovered_at: datetime | None = None


def evidence(workspace: Workspace) -> Evidence:
    """In one query. The demo's own Current is nobody's step: no person launched it."""
    events = LedgerEntry.objects.filter(current=OuterRef("pk")).order_by()
    lanes = Lane.objects.filter(current=OuterRef("pk")).order_by()
    failures = CredentialFailure.objects.filter(current=OuterRef("pk")).order_by("pk")
    launched = Current.objects.filter(
        workspace=workspace,
        region=Region.SANDBOX,
        state__in=SEEING,
        launched_by__isnull=False,
    )
    found = (
        launched.annotate(
            received_at=_of(events.values("current").annotate(at=Min("minute"))),
            arrived_at=_of(lanes.values("current").annotate(at=Max("delivered_at"))),
            refused_at=Subquery(failures.values("began_at")[:1]),
            recovered_at=Subquery(failures.values("ended_at")[:1]),
        )
        .order_by("-launched_at")
        .first()
    )
    if found is None:
        return Evidence(None)
    return Evidence(
        found, found.received_at, found.arrived_at, found.refused_at, found.recovered_at
    )


def _of(rows: QuerySet[Any, Any]) -> Subquery:
    return Subquery(rows.values("at"))


def export_story(workspace: Workspace, seen: Mapping[str, datetime], sandbox: str) -> Story:
    """`seen` are the pages that this person has opened; `sandbox` is the sandbox's address."""
    found = evidence(workspace)
    page = (
        reverse("currents:detail", args=[workspace.slug, found.current.pk]) if found.current else ""
    )
    steps = [
        _launch(found, workspace, page),
        _make_event(found),
        _see_it_arrive(found, sandbox),
        _expire_the_key(found, sandbox),
        _see_it_stop(found, page, seen),
        _see_it_recover(found, sandbox),
    ]
    return Story(
        "export",
        _("Next steps: from an event to Amplitude, and what happens when the key expires"),
        steps,
    )


def _launch(found: Evidence, workspace: Workspace, page: str) -> Step:
    create = reverse("currents:create", args=[workspace.slug]) + "?into=sandbox"
    return Step(
        _("Launch a Current into the sandbox"),
        _("The form is filled in, with the sandbox’s key. Look at it, then Launch Current."),
        _("See the Current") if page else _("Open the form"),
        page or create,
        found.current.launched_at if found.current else None,
    )


def _make_event(found: Evidence) -> Step:
    return Step(
        _("Make an event happen"),
        _("One custom event of a demo person, sent in as any other. Or let some flow for a while."),
        _("Send an event"),
        "",
        found.received_at,
        act="dashboard:send_event",
    )


def _see_it_arrive(found: Evidence, sandbox: str) -> Step:
    return Step(
        _("See it arrive"),
        _("A second later it stands in the sandbox’s event stream, as Amplitude would have it."),
        _("Open the event stream"),
        f"{sandbox}/events" if found.current else "",
        found.delivered_at,
        external=True,
    )


def _expire_the_key(found: Evidence, sandbox: str) -> Step:
    return Step(
        _("Let the key expire"),
        _("Switch on the fault Expired API key in the sandbox, and let events flow here."),
        _("Open the faults"),
        f"{sandbox}/faults/expired_key" if found.delivered_at else "",
        found.refused_at,
        external=True,
    )


def _see_it_stop(found: Evidence, page: str, seen: Mapping[str, datetime]) -> Step:
    return Step(
        _("See the Current stop and wait"),
        _("Nothing is lost: its page has a clock, a way out, and a ledger that balances."),
        _("See the Current"),
        page if found.refused_at else "",
        seen.get(STOPPED_PAGE),
    )


def _see_it_recover(found: Evidence, sandbox: str) -> Step:
    return Step(
        _("Take the fault away"),
        _("Switch it off there, then resume on the Current’s page: what waited goes first."),
        _("Open the faults"),
        f"{sandbox}/faults/expired_key" if found.refused_at else "",
        found.recovered_at,
        external=True,
    )
