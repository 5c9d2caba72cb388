"""Events in, in the Custom HTTP Currents format, and the list of event types. HTTP only: bodies
are read by currents_body, events are stored by intake.

Order of checks: method, credentials, permission, rate, size, then the events one by one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.events import catalogue, currents_body, intake
from braze_partners.events.limits import MAX_BODY_BYTES
from braze_partners.events.wire import Rejected
from braze_partners.keys.endpoint import RestCall, rest_endpoint
from braze_partners.rest.bodies import read_packed_body
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, sequence_page
from braze_partners.rest.rate_limits import Pool
from braze_partners.rest.views import ApiView


class Answer(msgspec.Struct):
    """`accepted` counts what is stored; those of an unknown type are among them."""

    message: str
    accepted: int
    rejected: list[Rejected]


@rest_endpoint("currents.events", Pool.CURRENTS)
def currents_events(call: RestCall) -> HttpResponse:
    """Stores a batch of events; 201 says that they are on disk, and which ones were refused."""
    batch = currents_body.read(read_packed_body(call.request, MAX_BODY_BYTES))
    stored = intake.accept(call.workspace_id, batch.events, call.now)
    answer = Answer("success", stored.count, batch.rejected)
    return HttpResponse(msgspec.json.encode(answer), status=201, content_type="application/json")


class EventTypeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="`event_type` of Currents.")
    amplitude_name = serializers.CharField(
        help_text="What Amplitude is told; a custom event's own name stands for `{name}`."
    )
    category = serializers.ChoiceField(choices=["message_engagement", "customer_behavior"])
    group = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    order = serializers.IntegerField(help_text="Place in the picker of a Current.")
    core = serializers.BooleanField()
    properties = serializers.ListField(child=serializers.CharField())
    later_properties = serializers.ListField(child=serializers.CharField())


class EventTypeList(ApiView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="event_types_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(EventTypeSerializer),
    )
    def get(self, request: Request) -> Response:
        """Event types that a Current can export, in picker order."""
        types = list(catalogue.event_types().values())
        return sequence_page(request, types).answer(EventTypeSerializer)
