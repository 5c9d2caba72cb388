"""A Current's own pages: state, clock, ledger, attempts, dead letters, settings. HTTP only."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from currents import attempts, causes, connection_words, kinds, remedy
from currents.clock_face import face
from currents.condition import Condition, condition, found
from currents.facts import facts
from currents.filters import AttemptFilters, LetterFilters, letter_types
from currents.hot import hot_rows
from currents.models import Attempt, ConnectionTest, DeadLetter
from currents.overview import choice, count_fresh, overview
from currents.spans import SPANS

ROWS_PER_PAGE = 50
OVERVIEW = "overview"


def shown_condition(request: WorkspaceRequest, pk: int, *, fresh: bool = False) -> Condition:
    current = get_object_or_404(found(request.workspace), pk=pk)
    if fresh and count_fresh(current):
        current = get_object_or_404(found(request.workspace), pk=pk)
    return condition(current, timezone.now())


def head(shown: Condition, tab: str, *, whole: bool = True) -> dict[str, Any]:
    return {
        "current": shown.current,
        "condition": shown,
        "kept": len(shown.current.event_types),
        "facts": facts(shown),
        "tab": tab,
        "face": face(shown) if tab == OVERVIEW else None,
    } | _way(remedy.remedy(shown) if tab == OVERVIEW and whole else None)


@may(May.SEE)
@require_GET
def detail(request: WorkspaceRequest, pk: int) -> HttpResponse:
    shown = shown_condition(request, pk, fresh=True)
    context = head(shown, OVERVIEW) | _overview(request, shown)
    return render(request, "currents/detail.html", context)


@may(May.SEE)
@require_GET
def state(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The strip and the clock, for the page that polls them."""
    shown = shown_condition(request, pk)
    if request.GET.get("was") != shown.layout:
        # What stands around the strip is another: the page as a whole is asked for.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = head(shown, request.GET.get("tab", ""), whole=False)
    return render(request, "currents/state.html", context)


@may(May.EDIT_CURRENTS)
@require_GET
def path(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """The guided path, for the page that waits for a connection test."""
    shown = shown_condition(request, pk)
    found_way = remedy.remedy(shown)
    if found_way is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    context = {"current": shown.current, "condition": shown} | _way(found_way)
    return render(request, "currents/path.html", context)


def _way(found_way: remedy.Remedy | None) -> dict[str, Any]:
    """The guided path with what came of its connection test."""
    test = found_way.tested if found_way else None
    is_done = test is not None and test.state == ConnectionTest.State.DONE
    sentence = connection_words.sentence(test) if test is not None and is_done else ""
    return {"remedy": found_way, "test": test, "test_sentence": sentence}


@may(May.SEE)
@require_GET
def live(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Ledger, chart, dead letters and attempts, for the page that polls them."""
    shown = shown_condition(request, pk, fresh=True)
    context = {"current": shown.current, "condition": shown} | _overview(request, shown)
    return render(request, "currents/live_answer.html", context)


@may(May.SEE)
@require_GET
def hot(request: WorkspaceRequest, pk: int) -> HttpResponse:
    """Asked for apart from the page, which must not wait where the pacer's store is slow."""
    current = get_object_or_404(found(request.workspace), pk=pk)
    context = {"current": current, "rows": hot_rows(current, timezone.now()), "loaded": True}
    return render(request, "currents/hot_card.html", context)


def _overview(request: WorkspaceRequest, shown: Condition) -> dict[str, Any]:
    span, step = request.GET.get("span", ""), request.GET.get("step", "")
    return {"overview": overview(shown, choice(shown, span, step)), "spans": SPANS.values()}


@may(May.SEE)
@require_GET
def attempt_list(request: WorkspaceRequest, pk: int) -> HttpResponse:
    shown = shown_condition(request, pk)
    form = AttemptFilters(request.GET)
    rows = form.of(attempts.attempts_of(shown.current), timezone.get_current_timezone())
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = head(shown, "attempts") | {"page": page, "form": form, "filtered": bool(form.given)}
    return render(request, "currents/attempts.html", context)


@may(May.SEE)
@require_GET
def attempt_detail(request: WorkspaceRequest, pk: int, attempt: int) -> HttpResponse:
    """Request and answer stand in it for those who may see bodies."""
    shown = shown_condition(request, pk)
    row = get_object_or_404(Attempt, current=shown.current, pk=attempt)
    context = head(shown, "attempts") | {"attempt": row}
    return render(request, "currents/attempt.html", context)


@may(May.SEE)
@require_GET
def dead_letters(request: WorkspaceRequest, pk: int) -> HttpResponse:
    shown = shown_condition(request, pk)
    rows = DeadLetter.objects.filter(current=shown.current).order_by("-pk")
    form = LetterFilters(request.GET)
    rows = form.of(rows, timezone.get_current_timezone())
    context = head(shown, "dead_letters") | {
        "causes": causes.causes(shown.current),
        "cause": form.given.get("cause", ""),
        "form": form,
        "filtered": bool(form.given),
        "types": letter_types(shown.current),
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "currents/dead_letters.html", context)


@may(May.SEE)
@require_GET
def settings_page(request: WorkspaceRequest, pk: int) -> HttpResponse:
    shown = shown_condition(request, pk)
    context = head(shown, "settings") | {"kinds": kinds.by_group(shown.current.event_types)}
    return render(request, "currents/settings.html", context)
