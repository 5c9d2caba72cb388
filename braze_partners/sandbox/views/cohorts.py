"""Pages of cohorts: list, new, one cohort with its size and syncs, and the changes to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from braze_partners.sandbox import (
    charts,
    destinations,
    event_log,
    forms,
    history,
    limits,
    members,
    syncing,
)
from braze_partners.sandbox.models import AmplitudeUser, Cadence, Cohort, SendAs
from braze_partners.sandbox.rules import events as event_rules
from braze_partners.sandbox.rules.properties import OPERATORS

# Users looked at to suggest names of properties in a rule: enough to see them all (own choice).
USERS_FOR_SUGGESTIONS = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("events")


@require_safe
def cohort_list(request: HttpRequest) -> HttpResponse:
    rows = [
        {"cohort": cohort, "latest": history.latest(cohort), "schedule": history.schedule(cohort)}
        for cohort in Cohort.objects.all()
    ]
    return render(request, "sandbox/cohorts.html", {"rows": rows, "section": "cohorts"})


@require_http_methods(["GET", "POST"])
def new_cohort(request: HttpRequest) -> HttpResponse:
    by_rule = request.GET.get("by") == "rule"
    form_class = forms.RuleCohortForm if by_rule else forms.ListCohortForm
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_valid():
        now, name = timezone.now(), form.cleaned_data["name"]
        if by_rule:
            data = form.cleaned_data
            cohort = members.create_rule(name, data["conditions"], data["match"], now)
        else:
            cohort = members.create_list(name, form.cleaned_data["user_ids"], now)
        messages.success(request, _("The cohort %(name)s was created.") % {"name": cohort.name})
        return redirect("cohort", cohort.pk)
    context: dict[str, object] = {"form": form, "by_rule": by_rule, "section": "cohorts"}
    if isinstance(form, forms.RuleForm):
        context |= _rule_context(form.rows())
    return render(request, "sandbox/cohort_new.html", context)


@require_safe
def cohort_page(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    points = list(cohort.size_points.values_list("at", "size"))
    context = {
        "section": "cohorts",
        "cohort": cohort,
        "operators": OPERATORS,
        "event_operators": event_rules.OPERATORS,
        "files": cohort.files.all()[: limits.FILES_SHOWN],
        "chart": charts.size_chart(points, timezone.now()),
        "latest_points": points[-limits.ROWS_PER_PAGE :][::-1],
        "destination": destinations.current(),
        "send_as": SendAs.choices,
        "cadences": _cadences(),
        "schedule": history.schedule(cohort),
        "members_form": forms.MembersForm(),
        "shuffle": {"adds": limits.SHUFFLE_ADDS, "removes": limits.SHUFFLE_REMOVES},
        **_history_context(request, cohort),
    }
    return render(request, "sandbox/cohort.html", context)


@require_safe
def cohort_history(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    context = {"cohort": cohort, **_history_context(request, cohort)}
    return render(request, "sandbox/cohort_history.html", context)


@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id, kind=Cohort.Kind.RULE)
    posted = request.method == "POST"
    form = forms.RuleForm(request.POST if posted else None, initial={"match": cohort.match})
    if posted and form.is_valid():
        data = form.cleaned_data
        change = members.set_rule(cohort, data["conditions"], data["match"], timezone.now())
        messages.success(request, _changed(change))
        return redirect("cohort", cohort.pk)
    rows = form.rows() if posted else cohort.conditions
    context = {"form": form, "cohort": cohort, "section": "cohorts", **_rule_context(rows)}
    return render(request, "sandbox/cohort_rule.html", context)


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    posted = request.method == "POST"
    form = forms.NameForm(request.POST if posted else None, initial={"name": cohort.name})
    if posted and form.is_valid():
        members.rename(cohort, form.cleaned_data["name"], timezone.now())
        text = _("The cohort was renamed. Its next sync tells Braze the new name.")
        messages.success(request, text)
        return redirect("cohort", cohort.pk)
    context = {"form": form, "cohort": cohort, "section": "cohorts"}
    return render(request, "sandbox/cohort_rename.html", context)


@require_http_methods(["GET", "POST"])
def change_members(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id, kind=Cohort.Kind.LIST)
    form = forms.MembersForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        return _applied(
            request,
            cohort,
            lambda: members.change(
                cohort, add=data["add"], remove=data["remove"], now=timezone.now()
            ),
        )
    context = {"form": form, "cohort": cohort, "section": "cohorts"}
    return render(request, "sandbox/cohort_members.html", context)


@require_POST
def shuffle(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    return _applied(request, cohort, lambda: members.shuffle(cohort, timezone.now()))


@require_POST
def recompute(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id, kind=Cohort.Kind.RULE)
    return _applied(request, cohort, lambda: members.recompute(cohort, timezone.now()))


@require_POST
def archive(request: HttpRequest, cohort_id: str) -> HttpResponse:
    """Archives it, or takes it back."""
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    syncing.archive(cohort, not cohort.archived, timezone.now())
    if cohort.archived:
        messages.success(request, _("The cohort is archived: it is not computed and not synced."))
    else:
        messages.success(request, _("The cohort is back."))
    return redirect("cohort", cohort.pk)


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, cohort_id: str) -> HttpResponse:
    cohort = get_object_or_404(Cohort, pk=cohort_id)
    if request.method != "POST":
        context = {"cohort": cohort, "section": "cohorts"}
        return render(request, "sandbox/cohort_delete.html", context)
    try:
        syncing.delete(cohort)
    except syncing.SyncRefused as refused:
        messages.error(request, str(refused))
        return redirect("cohort", cohort.pk)
    messages.success(request, _("The cohort %(name)s was deleted.") % {"name": cohort.name})
    return redirect("cohorts")


def _applied(
    request: HttpRequest, cohort: Cohort, change: Callable[[], members.Change]
) -> HttpResponse:
    try:
        messages.success(request, _changed(change()))
    except members.CohortRefused as refused:
        messages.error(request, str(refused))
    return redirect("cohort", cohort.pk)


def _changed(change: members.Change) -> str:
    return _("%(added)d users were added and %(removed)d removed. Nothing is sent yet.") % {
        "added": change.added,
        "removed": change.removed,
    }


def _history_context(request: HttpRequest, cohort: Cohort) -> dict[str, object]:
    syncs = cohort.syncs.select_related("link", "cohort")
    page = Paginator(syncs, limits.SYNCS_PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [history.row(sync, now) for sync in page]
    return {"rows": rows, "page": page, "live": any(row.live for row in rows)}


def _rule_context(rows: list[dict[str, Any]]) -> dict[str, object]:
    names: set[str] = {"user_id", "device_id"}
    users = AmplitudeUser.objects.values_list("properties", flat=True)
    for properties in users.order_by("-changed_at")[:USERS_FOR_SUGGESTIONS]:
        names |= set(properties)
    empty = {"property": "", "operator": "is", "value": ""}
    return {
        "rule_rows": [row for row in rows if "event" not in row] or ([] if rows else [empty]),
        "event_rows": [row for row in rows if "event" in row],
        "empty_row": empty,
        "empty_event_row": {"operator": "at_least", "times": 1, "days": 30},
        "operators": OPERATORS,
        "event_operators": event_rules.OPERATORS,
        "suggestions": sorted(names),
        "event_types": event_log.event_types(),
    }


def _cadences() -> list[dict[str, str]]:
    hints = {
        Cadence.ONE_TIME: _("Now, once"),
        Cadence.HOURLY: _("Only deltas"),
        Cadence.DAILY: _("Only deltas"),
    }
    return [
        {"value": cadence.value, "label": str(cadence.label), "hint": hints[cadence]}
        for cadence in Cadence
    ]
