"""The page of data points and its CSV file. HTTP only: figures come from data_points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from braze_partners.partners import directory
from braze_partners.workspaces.audit import record_for
from braze_partners.workspaces.csv_cells import csv_lines
from braze_partners.workspaces.middleware import WorkspaceRequest
from braze_partners.workspaces.roles import May, may
from cohorts import data_points, listing, run_listing
from cohorts.data_point_days import COUNTED
from cohorts.data_points import Spent
from cohorts.forms import PointFilterForm

DAILY_UP_TO = 92  # days; beyond, a bar is a week


@dataclass(frozen=True, slots=True)
class Bars:
    label: str
    colour: str
    values: list[int]


@may(May.SEE)
@require_GET
def ledger(request: WorkspaceRequest) -> HttpResponse:
    form = PointFilterForm(request.GET)
    filters = form.filters(timezone.localdate())
    days = data_points.by_day(request.workspace, filters)
    context = {
        "form": form,
        "filters": filters,
        "total": data_points.together(spent for _day, spent in days),
        "days": [(day, spent) for day, spent in reversed(days) if spent != Spent()],
        "sources": data_points.by_source(request.workspace, filters),
        "cohorts": data_points.by_cohort(request.workspace, filters),
        "partners": [
            (slug, directory.display_name(slug))
            for slug in listing.partners_with_cohorts(request.workspace)
        ],
        "keys": run_listing.keys_of(request.workspace),
        "kinds": [(kind.value, kind.label) for kind in COUNTED],
        "query": request.GET.urlencode(),
        **_chart(days),
    }
    return render(request, "cohorts/data_points.html", context)


@may(May.EXPORT_MEMBERS)
@require_POST
def export(request: WorkspaceRequest) -> StreamingHttpResponse:
    """What the filters of the address let through, as CSV; the export is itself recorded."""
    filters = PointFilterForm(request.GET).filters(timezone.localdate())
    record_for(
        request,
        "data_points.exported",
        request.workspace.name,
        {"from": filters.first_day.isoformat(), "to": filters.last_day.isoformat()},
    )
    lines = csv_lines(data_points.exported(request.workspace, filters))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"data-points-{request.workspace.slug}-{filters.first_day}-{filters.last_day}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chart(days: list[tuple[date, Spent]]) -> dict[str, object]:
    width = 1 if len(days) <= DAILY_UP_TO else 7
    parts = [days[start : start + width] for start in range(0, len(days), width)]
    return {
        "moments": [_midnight(part[0][0]) for part in parts],
        "step": timedelta(days=width),
        "bars": [
            Bars(_("Added"), "c2", [sum(spent.added for _day, spent in part) for part in parts]),
            Bars(
                _("Removed"), "c5", [sum(spent.removed for _day, spent in part) for part in parts]
            ),
        ],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_current_timezone())
