"""The search of the header: segments, campaigns and Canvases, cohorts, people, partners and
Currents of one workspace by words."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.messaging import kinds as messaging
from braze_partners.messaging.models import Outreach
from braze_partners.partners import directory
from braze_partners.people import finding
from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort
from cohorts.segments.models import Segment
from currents.finding import named

SHOWN_PER_GROUP = 8
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Found:
    title: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    icon: str
    found: list[Found]
    more_url: str = ""


def search_workspace(workspace: Workspace, words: str) -> list[Group]:
    """Groups with at least one hit; a person is found by an identifier or its beginning."""
    words = words[:LONGEST_WORDS].replace("\x00", "")
    if not words:
        return []
    groups = [
        Group(_("Segments"), "pie-chart", _segments(workspace, words)),
        Group(_("Campaigns"), "send", _outreaches(workspace, messaging.CAMPAIGN, words)),
        Group(_("Canvas"), "workflow", _outreaches(workspace, messaging.CANVAS, words)),
        Group(_("Imported Cohorts"), "users", _cohorts(workspace, words)),
        _people(workspace, words),
        Group(_("Technology Partners"), "handshake", _partners(workspace, words)),
        Group(_("Currents"), "radio", _currents(workspace, words)),
    ]
    return [group for group in groups if group.found]


def _segments(workspace: Workspace, words: str) -> list[Found]:
    rows = Segment.objects.filter(workspace=workspace, name__icontains=words).order_by("name")
    return [
        Found(
            segment.name,
            segment.description[:80],
            reverse("segments:detail", args=[workspace.slug, segment.pk]),
        )
        for segment in rows[:SHOWN_PER_GROUP]
    ]


def _outreaches(workspace: Workspace, kind: messaging.Words, words: str) -> list[Found]:
    rows = Outreach.objects.filter(workspace=workspace, kind=kind.kind, name__icontains=words)
    return [
        Found(
            outreach.name,
            outreach.description[:80],
            reverse(f"{kind.namespace}:detail", args=[workspace.slug, outreach.pk]),
        )
        for outreach in rows.order_by("name")[:SHOWN_PER_GROUP]
    ]


def _cohorts(workspace: Workspace, words: str) -> list[Found]:
    rows = Cohort.objects.filter(
        Q(name__icontains=words) | Q(cohort_id__icontains=words), workspace=workspace
    ).order_by("name")
    return [
        Found(
            cohort.label,
            "",
            reverse("cohorts:detail", args=[workspace.slug, cohort.pk]),
        )
        for cohort in rows[:SHOWN_PER_GROUP]
    ]


def _people(workspace: Workspace, words: str) -> Group:
    """The first who are known by it, and where the others are."""
    people, following = finding.search(workspace.pk, words, SHOWN_PER_GROUP)
    found = [
        Found(
            one.person.identifier,
            _known_by(one),
            reverse("people:person", args=[workspace.slug, one.person.number]),
        )
        for one in people
    ]
    everybody = f"{reverse('people:search', args=[workspace.slug])}?{urlencode({'q': words})}"
    return Group(_("People"), "user-search", found, everybody if following else "")


def _known_by(found: finding.FoundPerson) -> str:
    """By what the search found them, where their own line does not say it."""
    text = found.match.text if found.match else ""
    return found.person.email if text in found.person.identifier else text


def _partners(workspace: Workspace, words: str) -> list[Found]:
    return [
        Found(
            partner.name,
            str(directory.CATEGORY_NAMES[partner.category]),
            reverse("dashboard:partner", args=[workspace.slug, partner.slug]),
        )
        for partner in directory.PARTNERS
        if words.lower() in partner.name.lower()
    ]


def _currents(workspace: Workspace, words: str) -> list[Found]:
    return [
        Found(
            current.name,
            current.get_state_display(),
            reverse("currents:detail", args=[workspace.slug, current.pk]),
        )
        for current in named(workspace, words)[:SHOWN_PER_GROUP]
    ]
