"""Replays over /api/v1/: count, start, list, watch, cancel. HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.celery import wake
from braze_partners.errors import BadRequest, Conflict, NotFound
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from currents.api import INVALID, CurrentView
from currents.limits import MAX_LISTED_TYPES
from currents.replays import asking, tasks
from currents.replays.asking import Count, Wanted
from currents.replays.errors import NothingToReplay, ReplayRefused
from currents.replays.models import Replay


class WantedSerializer(serializers.Serializer[Wanted]):
    kind = serializers.ChoiceField(choices=Replay.Kind.values)
    cause = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Dead letters of this cause only, word for word.",
    )
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        default=list,
        max_length=MAX_LISTED_TYPES,
        help_text="Without any, every type that the Current has chosen.",
    )
    since = serializers.DateTimeField(required=False, allow_null=True, default=None)
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def wanted(self) -> Wanted:
        given: dict[str, Any] = dict(self.validated_data)
        return Wanted(**given | {"event_types": tuple(given["event_types"])})


class CountSerializer(serializers.Serializer[Count]):
    events = serializers.IntegerField(help_text="What would be sent, at most.")
    gone = serializers.IntegerField(help_text="What retention has taken.")
    seconds = serializers.IntegerField(help_text="Estimated by the latest deliveries.")


class ReplaySerializer(serializers.ModelSerializer[Replay]):
    share = serializers.FloatField(help_text="Of the log's span that lies behind it, 0 to 1.")

    class Meta:
        model = Replay
        fields = (
            *("id", "kind", "cause", "event_types", "since", "until", "state", "share", "total"),
            *("delivered", "first_delivered", "dead", "filtered", "left", "gone", "failures"),
            *("words", "created_at", "finished_at"),
        )
        read_only_fields = fields


def refusal(refused: ReplayRefused) -> BadRequest | Conflict:
    fields = {name: [text] for name, text in refused.problems.items() if name}
    if fields:
        return BadRequest(INVALID, fields=fields)
    return Conflict(" ".join(refused.problems.values()))


class ReplayView(CurrentView):
    def replay(self, pk: int, replay: int) -> Replay:
        found = Replay.objects.filter(current=self.current(pk), pk=replay)
        one = found.select_related("current__workspace").first()
        if one is None:
            raise NotFound("There is no such replay")
        return one

    def wanted(self, request: Request) -> Wanted:
        asked = WantedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return asked.wanted()


class ReplayCount(ReplayView):
    needs: ClassVar = {"POST": "currents.read"}

    @extend_schema(
        operation_id="replays_count", request=WantedSerializer, responses=CountSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Counts what a replay would send, and sends nothing."""
        try:
            counted = asking.count(self.current(pk), self.wanted(request))
        except ReplayRefused as refused:
            raise refusal(refused) from refused
        return Response(CountSerializer(counted).data)


class ReplayList(ReplayView):
    needs: ClassVar = {"GET": "currents.read", "POST": "currents.write"}

    @extend_schema(
        operation_id="replays_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(ReplaySerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Replays of a Current, the latest first."""
        rows = Replay.objects.filter(current=self.current(pk))
        return query_page(request, rows).answer(ReplaySerializer)

    @extend_schema(
        operation_id="replays_start",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=WantedSerializer,
        responses={201: ReplaySerializer},
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Starts a replay in the background; one of a Current runs at a time."""
        wanted = self.wanted(request)
        try:
            made = asking.start(self.current(pk), wanted, self.caller.actor, timezone.now())
        except NothingToReplay as nothing:
            raise Conflict(str(nothing)) from nothing
        except ReplayRefused as refused:
            raise refusal(refused) from refused
        transaction.on_commit(lambda: wake(tasks.run_replay, made.pk))
        return Response(ReplaySerializer(made).data, 201)


class ReplayOne(ReplayView):
    needs: ClassVar = {"GET": "currents.read", "DELETE": "currents.write"}

    @extend_schema(operation_id="replays_read", responses=ReplaySerializer)
    def get(self, request: Request, pk: int, replay: int) -> Response:
        """How far a replay is, and what came of it."""
        return Response(ReplaySerializer(self.replay(pk, replay)).data)

    @extend_schema(operation_id="replays_cancel", responses={204: None})
    def delete(self, request: Request, pk: int, replay: int) -> Response:
        """Cancels a running replay; what was sent stays sent."""
        if not asking.cancel(self.replay(pk, replay), self.caller.actor, timezone.now()):
            raise Conflict("The replay has ended already")
        return Response(status=204)
