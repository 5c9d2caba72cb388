"""Data points, and a cohort's sizes, over /api/v1/; HTTP only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.rest.paging import PAGE_PARAMETERS, paged, sequence_page
from braze_partners.rest.views import ApiView
from cohorts import data_points, history
from cohorts.api_cohorts import CohortView
from cohorts.data_point_days import COUNTED
from cohorts.data_points import PointFilters, Spent
from cohorts.limits import DAYS_IN_LEDGER


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the answer: what it is of, and what that cost."""

    spent: Spent
    day: date | None = None
    partner: str | None = None
    cohort_id: str | None = None
    kind: str | None = None
    key: str | None = None


class PointFilterSerializer(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=["day", "source", "cohort", "total"], default="day")
    first_day = serializers.DateField(
        required=False, help_text="Thirty days before the last one, unless given."
    )
    last_day = serializers.DateField(required=False, help_text="Today, unless given.")
    partner = serializers.SlugField(required=False)
    cohort = serializers.CharField(
        required=False, max_length=255, help_text="The partner's id of a cohort."
    )
    kind = serializers.ChoiceField(required=False, choices=[kind.value for kind in COUNTED])
    key = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        last = attrs.setdefault("last_day", timezone.localdate())
        month = timedelta(days=min(29, last.toordinal() - 1))
        first = attrs.setdefault("first_day", last - month)
        if not timedelta(0) <= last - first < timedelta(days=DAYS_IN_LEDGER):
            text = f"Must lie at most {DAYS_IN_LEDGER} days before last_day."
            raise serializers.ValidationError({"first_day": [text]})
        return attrs


class DataPointsSerializer(serializers.Serializer[Any]):
    day = serializers.DateField(allow_null=True)
    partner = serializers.CharField(allow_null=True)
    cohort_id = serializers.CharField(allow_null=True)
    kind = serializers.CharField(allow_null=True)
    key = serializers.CharField(allow_null=True)
    added = serializers.IntegerField(source="spent.added")
    removed = serializers.IntegerField(source="spent.removed")
    data_points = serializers.IntegerField(source="spent.points")
    syncs = serializers.IntegerField(source="spent.syncs")
    data_points_of_syncs = serializers.IntegerField(source="spent.by_syncs")
    data_points_of_full_resends = serializers.IntegerField(
        source="spent.resent", help_text="What the syncs would have cost as whole lists."
    )


class DataPointList(ApiView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="data_points_list",
        parameters=[*PAGE_PARAMETERS, PointFilterSerializer],
        responses=paged(DataPointsSerializer),
    )
    def get(self, request: Request) -> Response:
        """Users added and removed, by day, by source, by cohort or in all."""
        asked = PointFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        told = dict(asked.validated_data)
        by = told.pop("by")
        lines = self._lines(by, PointFilters(**told))
        return sequence_page(request, lines).answer(DataPointsSerializer)

    def _lines(self, by: str, filters: PointFilters) -> list[Line]:
        if by == "source":
            return [
                Line(one.spent, partner=one.partner, kind=one.kind, key=one.masked or None)
                for one in data_points.by_source(self.workspace, filters)
            ]
        if by == "cohort":
            return [
                Line(one.spent, partner=one.partner, cohort_id=one.cohort_id)
                for one in data_points.by_cohort(self.workspace, filters, limit=None)
            ]
        if by == "total":
            return [Line(data_points.total(self.workspace, filters))]
        return [Line(spent, day=day) for day, spent in data_points.by_day(self.workspace, filters)]


class SizeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    size = serializers.IntegerField()


class CohortSizes(CohortView):
    needs: ClassVar = {"GET": "cohorts.read"}

    class Asked(serializers.Serializer[Any]):
        days = serializers.IntegerField(
            default=30, min_value=1, max_value=400, help_text="How far back."
        )

    @extend_schema(
        operation_id="cohorts_sizes",
        parameters=[*PAGE_PARAMETERS, Asked],
        responses=paged(SizeSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Its size over time: at the beginning, after each change, now. Where there were many
        changes, the last of each minute, hour or day."""
        asked = self.Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        since = now - timedelta(days=asked.validated_data["days"])
        points = history.size_history(self.cohort(pk), since, now)
        sizes = [{"at": at, "size": size} for at, size in points]
        return sequence_page(request, sizes).answer(SizeSerializer)
