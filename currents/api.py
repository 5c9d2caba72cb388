"""Currents over /api/v1/: list, create, read, change, delete, launch, pause, resume, test. HTTP
only; what became of their events is in api_delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.rest.callers import key_of
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView
from braze_partners.workspaces.audit import Actor
from currents import connection_tests, editing, finding, moving, tasks
from currents.drafts import Checked, Draft, Stage, checked, checked_key
from currents.errors import DraftRefused, EditedMeanwhile, MoveRefused, TooManyTests
from currents.models import ConnectionTest, Current
from currents.serializers import (
    AskedTestSerializer,
    ConnectionTestSerializer,
    CurrentChangeSerializer,
    CurrentSerializer,
    NewCurrentSerializer,
    QueuedTestSerializer,
    SavedCurrentSerializer,
)
from currents.states import State

INVALID = "Some fields are not valid"
BODIES = "currents.bodies"

Move = Callable[[Current, Actor, datetime], None]


def refusal(refused: DraftRefused) -> BadRequest:
    return BadRequest(INVALID, fields={name: [text] for name, text in refused.problems.items()})


class CurrentView(ApiView):
    """What the endpoints share: one Current of the key's workspace."""

    def current(self, pk: int) -> Current:
        found = finding.currents_of(self.workspace).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such Current")
        return found

    def saved(self, current: Current, wanted: Checked, status: int = 200) -> Response:
        shown = SavedCurrentSerializer(
            self.current(current.pk), context={"removed": wanted.removed}
        )
        return Response(shown.data, status)

    def launch(self, current: Current) -> None:
        try:
            editing.launch(current, self.caller.actor, timezone.now())
        except DraftRefused as refused:
            raise refusal(refused) from refused
        except MoveRefused as refused:
            raise self.conflict(current) from refused

    def conflict(self, current: Current) -> Conflict:
        state = State(self.current(current.pk).state)
        return Conflict(f"The Current is in the state {state.value} by now")


class CurrentList(CurrentView):
    needs: ClassVar = {"GET": "currents.read", "POST": "currents.write"}

    @extend_schema(
        operation_id="currents_list",
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("q", str, description="Part of its name.")],
        responses=paged(CurrentSerializer),
    )
    def get(self, request: Request) -> Response:
        """Currents, newest first."""
        found = finding.named(self.workspace, request.query_params.get("q", ""))
        return query_page(request, found).answer(CurrentSerializer)

    @extend_schema(
        operation_id="currents_create",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewCurrentSerializer,
        responses={201: SavedCurrentSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Creates a draft, and launches it where that is asked for."""
        asked = NewCurrentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        launch = given.pop("launch")
        draft = Draft(**given | {"event_types": tuple(given["event_types"])})
        try:
            wanted = checked(draft, Stage.LAUNCH if launch else Stage.DRAFT)
        except DraftRefused as refused:
            raise refusal(refused) from refused
        with transaction.atomic():
            current = editing.create(self.workspace, wanted, self.caller.actor, timezone.now())
            if launch:
                self.launch(current)
        return self.saved(current, wanted, 201)


class CurrentOne(CurrentView):
    needs: ClassVar = {
        "GET": "currents.read",
        "PATCH": "currents.write",
        "DELETE": "currents.write",
    }

    @extend_schema(operation_id="currents_read", responses=CurrentSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A Current: its settings and its state."""
        return Response(CurrentSerializer(self.current(pk)).data)

    @extend_schema(
        operation_id="currents_change",
        request=CurrentChangeSerializer,
        responses=SavedCurrentSerializer,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Changes settings; they hold for everything that is sent from then on."""
        asked = CurrentChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        version = given.pop("version", None)
        current = self.current(pk)
        try:
            wanted = self._checked(current, given)
            now = timezone.now()
            editing.update(current, wanted, self.caller.actor, now, version=version)
        except DraftRefused as refused:
            raise refusal(refused) from refused
        except EditedMeanwhile as met:
            there = editing.version_of(met.current)
            raise Conflict(f"The Current is at version {there} by now") from met
        return self.saved(current, wanted)

    def _checked(self, current: Current, given: Mapping[str, Any]) -> Checked:
        return checked(
            replace(editing.draft_of(current), **given),
            Stage.DRAFT if current.state == State.DRAFT else Stage.LAUNCHED,
            stored_key=current.api_key is not None,
            stored_region=current.region,
        )

    @extend_schema(operation_id="currents_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Deletes a Current: it stops at once, its key is forgotten, its totals stay."""
        current = self.current(pk)
        try:
            moving.delete(current, self.caller.actor, timezone.now())
        except MoveRefused as refused:
            raise NotFound("There is no such Current") from refused
        return Response(status=204)


class MoveView(CurrentView):
    """A POST that moves a Current from state to state."""

    needs: ClassVar = {"POST": "currents.write"}

    def moved(self, pk: int, move: Move) -> Response:
        current = self.current(pk)
        try:
            move(current, self.caller.actor, timezone.now())
        except MoveRefused as refused:
            raise self.conflict(current) from refused
        return Response(CurrentSerializer(self.current(pk)).data)


class CurrentLaunch(MoveView):
    @extend_schema(operation_id="currents_launch", request=None, responses=CurrentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Launches a complete draft: it sees the events received from now on."""
        self.launch(self.current(pk))
        return Response(CurrentSerializer(self.current(pk)).data)


class CurrentPause(MoveView):
    @extend_schema(operation_id="currents_pause", request=None, responses=CurrentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Pauses it: events go on being received and wait."""
        return self.moved(pk, moving.pause)


class CurrentResume(MoveView):
    @extend_schema(operation_id="currents_resume", request=None, responses=CurrentSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Goes on at once; one whose credentials are refused is probed at once."""
        return self.moved(pk, moving.resume)


class CurrentTest(CurrentView):
    needs: ClassVar = {"GET": "currents.read", "POST": "currents.write"}

    @extend_schema(
        operation_id="currents_test",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=AskedTestSerializer,
        responses={202: QueuedTestSerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Queues a connection test, of the stored key or of the one given; a worker sends one test
        event within seconds."""
        asked = AskedTestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        test = self._asked(self.current(pk), asked.validated_data)
        transaction.on_commit(lambda: wake(tasks.run_connection_test, test.pk))
        return Response(QueuedTestSerializer(test).data, 202)

    def _asked(self, current: Current, given: Mapping[str, Any]) -> ConnectionTest:
        try:
            key = given["api_key"] or editing.stored_key(current)
            wanted = checked_key(key, given.get("region", current.region), current.region)
            return connection_tests.ask(
                self.workspace,
                wanted.region,
                wanted.api_key,
                self.caller.actor,
                timezone.now(),
                name=current.name,
                current=current,
            )
        except DraftRefused as refused:
            raise refusal(refused) from refused
        except CredentialUnreadable as error:
            raise Conflict("The stored key cannot be read; enter it again") from error
        except TooManyTests as error:
            raise Conflict("Several tests are still under way; wait for one to end") from error

    @extend_schema(operation_id="currents_latest_test", responses=ConnectionTestSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The latest connection test."""
        return shown_test(request, self.current(pk).connection_tests.order_by("-pk").first())


class CurrentTestOne(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(operation_id="currents_read_test", responses=ConnectionTestSerializer)
    def get(self, request: Request, pk: int, test: int) -> Response:
        """A connection test and what came of it."""
        return shown_test(request, self.current(pk).connection_tests.filter(pk=test).first())


def shown_test(request: Request, test: ConnectionTest | None) -> Response:
    if test is None:
        raise NotFound("There is no such test")
    context = {"bodies": BODIES in key_of(request).permissions}
    return Response(ConnectionTestSerializer(test, context=context).data)
