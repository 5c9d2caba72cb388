"""*Test connection* on screen: asking for a test and watching it. HTTP only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.celery import wake
from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.workspaces.audit import actor_of
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import connection_tests, connection_words, editing, finding, tasks
from currents.drafts import checked_key
from currents.errors import DraftRefused, TooManyTests
from currents.models import ConnectionTest, Current


@dataclass(frozen=True, slots=True)
class Asked:
    """A test that is under way, or why there is none, by field."""

    test: ConnectionTest | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def current_or_404(request: WorkspaceRequest, pk: int) -> Current:
    return get_object_or_404(finding.currents_of(request.workspace), pk=pk)


def ask(
    request: WorkspaceRequest, *, region: str, key: str, name: str, current: Current | None = None
) -> Asked:
    """Without a key it is the stored one's test."""
    try:
        if not key and current is not None:
            key = editing.stored_key(current)
        wanted = checked_key(key, region, current.region if current else "")
        test = connection_tests.ask(
            request.workspace,
            wanted.region,
            wanted.api_key,
            actor_of(request),
            timezone.now(),
            name=name.strip() or _("A Current that is not saved yet"),
            current=current,
        )
    except DraftRefused as refused:
        return Asked(problems=refused.problems)
    except CredentialUnreadable:
        return Asked(problems={"api_key": _("The stored key can’t be read. Enter it again.")})
    except TooManyTests:
        return Asked(problems={"": _("Several tests are still under way. Wait for one to end.")})
    wake(tasks.run_connection_test, test.pk)
    return Asked(test)


def fragment(request: WorkspaceRequest, asked: Asked, key_note: str | None = None) -> HttpResponse:
    shown = context(request, asked) | {"key_note": key_note}
    return render(request, "currents/connection.html", shown)


def context(
    request: WorkspaceRequest, asked: Asked | None = None, tested: int | None = None
) -> dict[str, Any]:
    """What connection.html shows: the test that was asked for, else the one named by its id."""
    test = asked.test if asked else None
    if asked is None and tested is not None:
        test = _tests(request).filter(pk=tested).first()
    done = test is not None and test.state == ConnectionTest.State.DONE
    return {
        "test": test,
        "test_problems": asked.problems if asked else {},
        "test_sentence": connection_words.sentence(test) if test and done else "",
        "test_is_late": test is not None and connection_words.is_long_queued(test, timezone.now()),
    }


def _tests(request: WorkspaceRequest) -> Any:
    return ConnectionTest.objects.filter(workspace=request.workspace)


@may(May.EDIT_CURRENTS)
@require_GET
def tested(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The part of a page that is asked for again and again while the test runs."""
    return fragment(request, Asked(get_object_or_404(_tests(request), pk=pk)))


@may(May.EDIT_CURRENTS)
@require_POST
def test_saved(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Tests the stored key of a Current, from the Current's own page."""
    current = current_or_404(request, pk)
    asked = ask(request, region=current.region, key="", name=current.name, current=current)
    if request.htmx:
        return fragment(request, asked)
    for sentence in asked.problems.values():
        messages.error(request, sentence)
    return redirect("currents:detail", request.workspace.slug, pk)
