"""Import runs, groups of pushes, skipped identifiers and re-applies over /api/v1/; HTTP only."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import (
    PAGE_PARAMETERS,
    Page,
    next_link,
    page_request,
    paged,
    query_page,
)
from cohorts import groups, reapplying, run_listing, skipped, skipped_search, tasks
from cohorts.api_cohorts import CohortView, ImportRunSerializer, SkippedSerializer
from cohorts.errors import ReapplyRefused
from cohorts.listing import BLOBS
from cohorts.models import Cohort, ImportRun, Reapplication, RunGroup


class RunFilterSerializer(serializers.Serializer[Any]):
    """The filters of a list of runs, as parameters of its address."""

    partner = serializers.SlugField(required=False, help_text="Only of this partner.")
    cohort = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    key = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="Id of a data import key."
    )
    kind = serializers.ChoiceField(required=False, choices=ImportRun.Kind.values)
    state = serializers.ChoiceField(required=False, choices=ImportRun.State.values)
    first_day = serializers.DateField(
        required=False, help_text="Days are those of the workspace's time zone."
    )
    last_day = serializers.DateField(required=False, help_text="The last day that counts.")
    with_skips = serializers.BooleanField(required=False)
    search = serializers.CharField(
        required=False, max_length=255, help_text="Part of a cohort's name or id."
    )


class RunGroupSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    cohort = serializers.IntegerField(source="cohort_id")
    number = serializers.IntegerField(help_text="Its place among the cohort's groups, from 1.")
    began_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    finished = serializers.SerializerMethodField(
        help_text="Whether no push can join it any more: ten minutes have passed."
    )
    runs = serializers.IntegerField(help_text="The requests it came in.")
    received = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped_unknown = serializers.IntegerField()
    skipped_identified = serializers.IntegerField()
    size_after = serializers.IntegerField()

    def get_finished(self, group: RunGroup) -> bool:
        return groups.finished(group, group.cohort, timezone.now())


class FoundSkipSerializer(serializers.Serializer[Any]):
    identifier = serializers.CharField(source="entry.identifier")
    kind = serializers.CharField(source="entry.kind")
    reason = serializers.CharField(source="entry.reason")
    remove = serializers.BooleanField(source="entry.remove", help_text="Was to be removed.")
    cohort = serializers.IntegerField(source="run.cohort_id")
    run = serializers.IntegerField(source="run.pk")
    at = serializers.DateTimeField(source="run.at")


class FoundSkipsSerializer(serializers.Serializer[Any]):
    data = FoundSkipSerializer(many=True)  # type: ignore[assignment]
    next = serializers.URLField(allow_null=True, help_text="Null where nothing is left to search.")
    searched_back_to = serializers.DateTimeField(
        allow_null=True, help_text="Set where the search stopped before the page was full: go on."
    )


class ReapplicationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    cohort = serializers.IntegerField(source="cohort_id")
    run = serializers.IntegerField(source="run_id", allow_null=True)
    state = serializers.ChoiceField(choices=Reapplication.State.values)
    runs = serializers.IntegerField(help_text="Runs to look through.")
    done = serializers.IntegerField(help_text="Of them, how many are looked through.")
    found = serializers.IntegerField(help_text="People who are known by now and belong in.")
    added = serializers.IntegerField()
    import_run = serializers.IntegerField(source="import_run_id", allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunView(CohortView):
    def run(self, pk: int) -> ImportRun:
        found = run_listing.run_of(self.workspace, pk)
        if found is None:
            raise NotFound("There is no such import run")
        return found

    def filters(self, request: Request) -> run_listing.RunFilters:
        asked = RunFilterSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return run_listing.RunFilters(**asked.validated_data)


class RunList(RunView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="import_runs_list",
        parameters=[*PAGE_PARAMETERS, RunFilterSerializer],
        responses=paged(ImportRunSerializer),
    )
    def get(self, request: Request) -> Response:
        """Import runs over all cohorts, each request by itself, the latest first."""
        zone = timezone.get_current_timezone()
        runs = run_listing.found(self.workspace, self.filters(request), zone, grouped=False)
        return query_page(request, runs).answer(ImportRunSerializer)


class RunOne(RunView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(operation_id="import_runs_read", responses=ImportRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """An import run with its counts."""
        return Response(ImportRunSerializer(self.run(pk)).data)


class RunSkipped(RunView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="import_runs_skipped",
        parameters=PAGE_PARAMETERS,
        responses=paged(SkippedSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The identifiers it skipped, and why; kept for 30 days."""
        asked = page_request(request)
        start = asked.after or 0
        entries = skipped.entries(self.run(pk).skipped_list)
        some = list(islice(entries, start, start + asked.size + 1))
        more = next_link(request, start + asked.size) if len(some) > asked.size else None
        return Page(some[: asked.size], more).answer(SkippedSerializer)


class GroupList(RunView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="import_groups_list",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("cohort", int, description="Only of this cohort."),
        ],
        responses=paged(RunGroupSerializer),
    )
    def get(self, request: Request) -> Response:
        """Groups of pushes that follow each other within ten minutes, the latest begun first."""
        found = RunGroup.objects.filter(cohort__workspace=self.workspace_id)
        cohort = request.query_params.get("cohort")
        if cohort is not None:
            if not (cohort.isascii() and cohort.isdigit() and len(cohort) < 19):
                raise BadRequest("Some parameters are not valid", fields={"cohort": ["An id."]})
            found = found.filter(cohort=int(cohort))
        return query_page(request, found.select_related("cohort")).answer(RunGroupSerializer)


class GroupView(RunView):
    def group(self, pk: int) -> RunGroup:
        found = RunGroup.objects.filter(cohort__workspace=self.workspace_id, pk=pk)
        group = found.select_related("cohort").first()
        if group is None:
            raise NotFound("There is no such group")
        return group


class GroupOne(GroupView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(operation_id="import_groups_read", responses=RunGroupSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A group with the sums of its counts."""
        return Response(RunGroupSerializer(self.group(pk)).data)


class GroupRuns(GroupView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="import_groups_runs",
        parameters=PAGE_PARAMETERS,
        responses=paged(ImportRunSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """The requests of a group, the latest first."""
        runs = groups.runs_of(self.group(pk)).select_related("key").defer(*BLOBS)
        return query_page(request, runs).answer(ImportRunSerializer)


class SkippedSearch(RunView):
    needs: ClassVar = {"GET": "cohorts.read"}

    @extend_schema(
        operation_id="skipped_identifiers_search",
        parameters=[
            PAGE_PARAMETERS[0],
            OpenApiParameter("after", str, description="From the `next` link of the page before."),
            OpenApiParameter("q", str, description="Part of an identifier."),
            OpenApiParameter("cohort", int, description="Only of this cohort."),
            OpenApiParameter("reason", str, enum=list(skipped.Reason)),
        ],
        responses=FoundSkipsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Identifiers that runs of the last 30 days skipped, the latest first."""
        told = request.query_params
        reason, cohort = told.get("reason", ""), told.get("cohort")
        if reason and reason not in list(skipped.Reason):
            raise BadRequest(
                "Some parameters are not valid", fields={"reason": ["unknown or identified."]}
            )
        if cohort is not None and not (cohort.isascii() and cohort.isdigit() and len(cohort) < 19):
            raise BadRequest("Some parameters are not valid", fields={"cohort": ["An id."]})
        where = skipped_search.Where(
            self.workspace_id, told.get("q", ""), reason, int(cohort) if cohort else None
        )
        after = skipped_search.read_place(told.get("after", ""))
        size = page_request(request).size
        found = skipped_search.search(where, timezone.now(), size, after)
        body = {
            "data": found.skips,
            "next": self._next(request, found.after),
            "searched_back_to": found.back_to,
        }
        return Response(FoundSkipsSerializer(body).data)

    def _next(self, request: Request, after: skipped_search.Place | None) -> str | None:
        if after is None:
            return None
        query = request.query_params.copy()
        query["after"] = str(after)
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


class ReapplyView(RunView):
    def start(self, cohort: Cohort, run: ImportRun | None) -> Response:
        try:
            job = reapplying.start(cohort, run=run, by=None, now=timezone.now())
        except ReapplyRefused as refused:
            raise Conflict(str(refused)) from refused
        self.write_down("cohort.skips_reapplied", cohort)
        wake(tasks.run_reapplication, str(job.pk))
        return Response(ReapplicationSerializer(job).data, 201)

    def job(self, pk: uuid.UUID) -> Reapplication:
        found = Reapplication.objects.filter(workspace=self.workspace_id, pk=pk)
        job = found.defer("by_external_id", "by_others").first()
        if job is None:
            raise NotFound("There is no such re-apply")
        return job


class CohortReapply(ReapplyView):
    needs: ClassVar = {"POST": "cohorts.write"}

    @extend_schema(
        operation_id="cohorts_reapply",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: ReapplicationSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Looks up what a cohort's runs skipped once more, and adds those who are known by now and
        whom nothing took out since; in the background."""
        return self.start(self.cohort(pk), None)


class RunReapply(ReapplyView):
    needs: ClassVar = {"POST": "cohorts.write"}

    @extend_schema(
        operation_id="import_runs_reapply",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={201: ReapplicationSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """The same for what one run skipped."""
        run = self.run(pk)
        if run.cohort is None:
            raise NotFound("This run belongs to no cohort")
        return self.start(run.cohort, run)


class ReapplyOne(ReapplyView):
    needs: ClassVar = {"GET": "cohorts.read", "DELETE": "cohorts.write"}

    @extend_schema(operation_id="reapplications_read", responses=ReapplicationSerializer)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """How far a re-apply is, and what came of it."""
        return Response(ReapplicationSerializer(self.job(pk)).data)

    @extend_schema(operation_id="reapplications_cancel", responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Cancels one that has not ended; nobody is added then."""
        try:
            reapplying.cancel(self.job(pk), timezone.now())
        except ReapplyRefused as refused:
            raise Conflict(str(refused)) from refused
        return Response(status=204)
