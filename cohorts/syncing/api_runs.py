"""Sync runs over /api/v1/: list, read, who they would change, decide; and the undo of a cohort's
last change. HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, Locked, NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import (
    PAGE_PARAMETERS,
    Page,
    next_link,
    page_request,
    paged,
    query_page,
)
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import Actor
from cohorts import undoing
from cohorts.errors import NothingToUndo, ResourceLocked
from cohorts.models import Cohort
from cohorts.syncing import acts, reading, tasks
from cohorts.syncing.errors import SyncRefused
from cohorts.syncing.models import SyncRun
from cohorts.syncing.serializers import (
    ChangedPersonSerializer,
    SyncRunSerializer,
    UndoneSerializer,
    UndoPreviewSerializer,
)

ADDED, REMOVED = "added", "removed"
COHORT_PARAMETER = OpenApiParameter("cohort", int, description="Only of this cohort.")

Decide = Callable[[SyncRun, Actor, datetime], SyncRun | None]


class RunView(ApiView):
    def run(self, pk: int) -> SyncRun:
        found = reading.runs_of(self.workspace).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such sync run")
        return found


class SyncRunList(RunView):
    needs: ClassVar = {"GET": "syncs.read"}

    @extend_schema(
        operation_id="sync_runs_list",
        parameters=[*PAGE_PARAMETERS, COHORT_PARAMETER],
        responses=paged(SyncRunSerializer),
    )
    def get(self, request: Request) -> Response:
        """Sync runs, newest first."""
        text = request.query_params.get("cohort")
        if text is not None and not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest("cohort must be the id of a cohort")
        found = reading.runs_of(self.workspace, int(text) if text else None)
        return query_page(request, found).answer(SyncRunSerializer)


class SyncRunOne(RunView):
    needs: ClassVar = {"GET": "syncs.read"}

    @extend_schema(operation_id="sync_runs_read", responses=SyncRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A sync run."""
        return Response(SyncRunSerializer(self.run(pk)).data)


class SyncRunChanges(RunView):
    needs: ClassVar = {"GET": "syncs.read"}

    @extend_schema(
        operation_id="sync_runs_changes",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("who", str, enum=[ADDED, REMOVED], description="added by default."),
        ],
        responses=paged(ChangedPersonSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Who the difference of a held or dry run adds, or removes."""
        run, asked = self.run(pk), page_request(request)
        who = request.query_params.get("who", ADDED)
        if who not in (ADDED, REMOVED):
            raise BadRequest("who must be added or removed")
        found = reading.changed(run, who == REMOVED, asked.after, asked.size)
        following = next_link(request, found.after) if found.after is not None else None
        return Page(found.people, following).answer(ChangedPersonSerializer)


class _Decision(RunView):
    needs: ClassVar = {"POST": "syncs.write"}

    def decide(self, pk: int, decision: Decide) -> Response:
        run = self.run(pk)
        try:
            made = decision(run, self.caller.actor, timezone.now())
        except SyncRefused as refused:
            raise Conflict(str(refused)) from refused
        shown = made or self.run(pk)
        transaction.on_commit(lambda: wake(tasks.run_sync, shown.pk))
        return Response(SyncRunSerializer(shown).data)


def _deciding(name: str) -> Any:
    return extend_schema(operation_id=name, request=None, responses=SyncRunSerializer)


class SyncRunApprove(_Decision):
    @_deciding("sync_runs_approve")
    def post(self, request: Request, pk: int) -> Response:
        """Applies what is held, against the membership of this moment."""
        return self.decide(pk, acts.approve)


class SyncRunReject(_Decision):
    @_deciding("sync_runs_reject")
    def post(self, request: Request, pk: int) -> Response:
        """Gives up what is held; nothing is changed."""
        return self.decide(pk, acts.reject)


class SyncRunCancel(_Decision):
    @_deciding("sync_runs_cancel")
    def post(self, request: Request, pk: int) -> Response:
        """Stops a run before it applies anything."""
        return self.decide(pk, acts.cancel)


class SyncRunApply(_Decision):
    @extend_schema(
        operation_id="sync_runs_apply",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses=SyncRunSerializer,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Applies the difference of a dry run, by a new run, which is the answer."""
        return self.decide(pk, acts.apply_dry_run)


class SyncRunDiscard(_Decision):
    @_deciding("sync_runs_discard")
    def post(self, request: Request, pk: int) -> Response:
        """Gives up the difference of a dry run."""
        return self.decide(pk, acts.discard)


class CohortUndo(ApiView):
    needs: ClassVar = {"GET": "syncs.read", "POST": "syncs.write"}

    @extend_schema(operation_id="cohorts_undo_preview", responses=UndoPreviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What an undo of the cohort's last change would do."""
        try:
            found = undoing.preview(self._cohort(pk), timezone.now())
        except NothingToUndo as refused:
            raise Conflict(str(refused)) from refused
        return Response(UndoPreviewSerializer(found).data)

    @extend_schema(
        operation_id="cohorts_undo",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=None,
        responses=UndoneSerializer,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Reverses the last finished group or pull, while nothing came after it, and pauses the
        pull schedule. A partner's later deltas will not repair what it takes back."""
        try:
            applied = acts.undo(self._cohort(pk), self.caller.actor, timezone.now())
        except (NothingToUndo, SyncRefused) as refused:
            raise Conflict(str(refused)) from refused
        except ResourceLocked as error:
            raise Locked("The cohort is being changed at the moment") from error
        return Response(UndoneSerializer(applied).data)

    def _cohort(self, pk: int) -> Cohort:
        rows = Cohort.objects.filter(workspace_id=self.workspace_id, pk=pk)
        found = rows.select_related("workspace").first()
        if found is None:
            raise NotFound("There is no such cohort")
        return found
