"""Pull schedules over /api/v1/: list, make, read, change, end, and what one does with them. HTTP
only; their runs are api_runs.py's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.partners import project_checks, projects
from braze_partners.partners.models import AmplitudeProject
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import Actor
from cohorts.syncing import acts, reading, schedules, tasks
from cohorts.syncing.errors import ScheduleRefused, SyncRefused
from cohorts.syncing.models import PullSchedule, SyncRun
from cohorts.syncing.schedules import Remote, Timing, timing_of
from cohorts.syncing.serializers import (
    NewSyncSerializer,
    SyncRunSerializer,
    SyncSerializer,
    TimingSerializer,
)

INVALID = "Some fields are not valid"
# What schedules.py calls the fields that have another name here.
FIELDS = {"remote": "cohort_id"}

Start = Callable[[PullSchedule, Actor, datetime], SyncRun]
Move = Callable[[PullSchedule, Actor, datetime], None]


def refusal(refused: ScheduleRefused) -> BadRequest:
    fields = {FIELDS.get(name, name): [text] for name, text in refused.problems.items()}
    return BadRequest(INVALID, fields=fields)


class SyncView(ApiView):
    def schedule(self, pk: int) -> PullSchedule:
        found = reading.schedules_of(self.workspace).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such sync")
        return found

    def project(self, pk: int) -> AmplitudeProject:
        found = projects.projects_of(self.workspace).filter(pk=pk).first()
        if found is None:
            raise BadRequest(INVALID, fields={"project": ["There is no such project."]})
        return found

    def shown(self, pk: int, status: int = 200) -> Response:
        return Response(SyncSerializer(self.schedule(pk)).data, status)


class SyncList(SyncView):
    needs: ClassVar = {"GET": "syncs.read", "POST": "syncs.write"}

    @extend_schema(
        operation_id="syncs_list", parameters=PAGE_PARAMETERS, responses=paged(SyncSerializer)
    )
    def get(self, request: Request) -> Response:
        """Cohorts that are pulled, the latest schedule first."""
        return query_page(request, reading.schedules_of(self.workspace)).answer(SyncSerializer)

    @extend_schema(
        operation_id="syncs_create",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewSyncSerializer,
        responses={201: SyncSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Schedules the pull of a cohort of an Amplitude project; one-time begins at once."""
        asked = NewSyncSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        project = self.project(given.pop("project"))
        cohort_id, name = given.pop("cohort_id"), given.pop("name")
        listed = project_checks.listed_one(project, cohort_id) if not name else None
        remote = Remote(cohort_id, name or (listed.name if listed else ""))
        actor, now = self.caller.actor, timezone.now()
        try:
            made = schedules.schedule(self.workspace, project, remote, Timing(**given), actor, now)
        except ScheduleRefused as refused:
            raise refusal(refused) from refused
        run = acts.start_due(made.pk, now)
        if run is not None:
            transaction.on_commit(lambda: wake(tasks.run_sync, run.pk))
        return self.shown(made.pk, 201)


class SyncOne(SyncView):
    needs: ClassVar = {"GET": "syncs.read", "PATCH": "syncs.write", "DELETE": "syncs.write"}

    @extend_schema(operation_id="syncs_read", responses=SyncSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A pull schedule."""
        return self.shown(pk)

    @extend_schema(operation_id="syncs_change", request=TimingSerializer, responses=SyncSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Changes when it is pulled, what is held and who is told; a pause stays one."""
        found = self.schedule(pk)
        asked = TimingSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        wanted = Timing(**asdict(timing_of(found)) | asked.validated_data)
        try:
            schedules.change(found, wanted, self.caller.actor, timezone.now())
        except ScheduleRefused as refused:
            raise refusal(refused) from refused
        return self.shown(pk)

    @extend_schema(operation_id="syncs_end", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Ends it: the cohort is no longer pulled and keeps its members."""
        schedules.end(self.schedule(pk), self.caller.actor)
        return Response(status=204)


class _SyncStart(SyncView):
    needs: ClassVar = {"POST": "syncs.write"}

    def start(self, pk: int, begin: Start) -> Response:
        found = self.schedule(pk)
        try:
            run = begin(found, self.caller.actor, timezone.now())
        except SyncRefused as refused:
            raise Conflict(str(refused)) from refused
        transaction.on_commit(lambda: wake(tasks.run_sync, run.pk))
        return Response(SyncRunSerializer(run).data, 202)


def _starting(name: str) -> Any:
    return extend_schema(
        operation_id=name,
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses={202: SyncRunSerializer},
    )


class SyncNow(_SyncStart):
    @_starting("syncs_run")
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Pulls now; what is held is superseded."""
        return self.start(pk, acts.sync)


class SyncDryRun(_SyncStart):
    @_starting("syncs_dry_run")
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Finds the difference and stores it without applying it."""
        return self.start(pk, acts.dry_run)


class SyncResync(_SyncStart):
    @_starting("syncs_resync")
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """A full re-sync: ends held, with its whole difference to look at."""
        return self.start(pk, acts.resync)


class SyncPause(SyncView):
    needs: ClassVar = {"POST": "syncs.write"}

    @extend_schema(operation_id="syncs_pause", request=None, responses=SyncSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Nothing is due until it is resumed."""
        schedules.pause(self.schedule(pk), self.caller.actor, timezone.now())
        return self.shown(pk)


class SyncResume(SyncView):
    needs: ClassVar = {"POST": "syncs.write"}

    @extend_schema(operation_id="syncs_resume", request=None, responses=SyncSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Due again at its next time."""
        schedules.go_on(self.schedule(pk), self.caller.actor, timezone.now())
        return self.shown(pk)
