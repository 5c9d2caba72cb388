"""Imported cohorts and their members over /api/v1/; HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import Conflict, NotFound
from braze_partners.people.finding import identifiers_of
from braze_partners.rest.paging import (
    PAGE_PARAMETERS,
    Page,
    next_link,
    page_request,
    paged,
    query_page,
)
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import record
from cohorts import keeping, listing, membership
from cohorts.errors import CohortInUse
from cohorts.models import Cohort, ImportRun

PARTNER_PARAMETER = OpenApiParameter("partner", str, description="Only of this partner.")


class CohortSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    partner = serializers.CharField()
    cohort_id = serializers.CharField()
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    size = serializers.IntegerField()
    archived = serializers.SerializerMethodField()
    used_in_segments = serializers.IntegerField(source="segment_uses")
    used_in_messaging = serializers.IntegerField(
        source="messaging_uses", help_text="Campaigns and Canvases whose own filters name it."
    )
    first_received_at = serializers.DateTimeField()
    last_run_at = serializers.DateTimeField(allow_null=True)

    def get_archived(self, cohort: Cohort) -> bool:
        return cohort.archived_at is not None


class CohortChangeSerializer(serializers.Serializer[Any]):
    archived = serializers.BooleanField()


class CohortMemberSerializer(serializers.Serializer[Any]):
    identifier = serializers.CharField(
        help_text="The external id, else `alias:LABEL:NAME`, else `device:ID`."
    )
    kind = serializers.CharField()


class ImportRunSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    partner = serializers.CharField()
    cohort = serializers.IntegerField(source="cohort_id", allow_null=True)
    kind = serializers.CharField()
    state = serializers.CharField()
    at = serializers.DateTimeField()
    received = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped_unknown = serializers.IntegerField()
    skipped_identified = serializers.IntegerField()
    size_after = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.FloatField()
    key = serializers.SerializerMethodField()
    address = serializers.CharField(allow_null=True)
    request_id = serializers.CharField()
    group = serializers.IntegerField(
        source="group_id", allow_null=True, help_text="The group of pushes that it belongs to."
    )
    error = serializers.CharField()

    def get_key(self, run: ImportRun) -> str | None:
        return run.key.masked if run.key else None


class SkippedSerializer(serializers.Serializer[Any]):
    identifier = serializers.CharField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    remove = serializers.BooleanField(help_text="Was to be removed.")


class CohortView(ApiView):
    def cohort(self, pk: int) -> Cohort:
        found = listing.cohorts_of(self.workspace, archived=True).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such cohort")
        return found

    def write_down(self, action: str, cohort: Cohort) -> None:
        record(
            self.workspace,
            None,
            action,
            cohort.label,
            address=self.caller.address,
            actor_text=self.caller.text,
        )


class CohortList(CohortView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="cohorts_list",
        parameters=[
            *PAGE_PARAMETERS,
            PARTNER_PARAMETER,
            OpenApiParameter("archived", bool, description="Archived ones too."),
        ],
        responses=paged(CohortSerializer),
    )
    def get(self, request: Request) -> Response:
        """Imported cohorts, the latest received first."""
        found = listing.cohorts_of(
            self.workspace,
            partner=request.query_params.get("partner", ""),
            archived=request.query_params.get("archived") in ("true", "1"),
        )
        return query_page(request, found).answer(CohortSerializer)


class CohortOne(CohortView):
    needs: ClassVar = {
        "GET": "cohorts.read",
        "PATCH": "cohorts.write",
        "DELETE": "cohorts.write",
    }

    @extend_schema(operation_id="cohorts_read", responses=CohortSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A cohort and its size."""
        return Response(CohortSerializer(self.cohort(pk)).data)

    @extend_schema(
        operation_id="cohorts_archive",
        request=CohortChangeSerializer,
        responses=CohortSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Archives a cohort or takes it back; it goes on accepting pushes either way."""
        asked = CohortChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        cohort, archived = self.cohort(pk), asked.validated_data["archived"]
        if keeping.set_archived(cohort, archived, timezone.now()):
            self.write_down("cohort.archived" if archived else "cohort.unarchived", cohort)
        return Response(CohortSerializer(cohort).data)

    @extend_schema(operation_id="cohorts_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Deletes a cohort with its members and runs; refused while it is in use."""
        cohort = self.cohort(pk)
        try:
            keeping.delete(cohort)
        except CohortInUse as error:
            raise Conflict("This cohort is in use") from error
        self.write_down("cohort.deleted", cohort)
        return Response(status=204)


class CohortMembers(CohortView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="cohorts_members",
        parameters=PAGE_PARAMETERS,
        responses=paged(CohortMemberSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Who is in it."""
        cohort, asked = self.cohort(pk), page_request(request)
        numbers = membership.members_page(cohort, asked.after, asked.size + 1)
        shown = numbers[: asked.size]
        following = next_link(request, shown[-1]) if len(numbers) > asked.size else None
        people = identifiers_of(self.workspace_id, shown)
        return Page(people, following).answer(CohortMemberSerializer)


class CohortRuns(CohortView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="cohorts_runs",
        parameters=PAGE_PARAMETERS,
        responses=paged(ImportRunSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Its import runs, the latest first."""
        runs = listing.runs_of(self.workspace, cohort=self.cohort(pk))
        return query_page(request, runs).answer(ImportRunSerializer)
