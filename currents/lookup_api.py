"""Single events as a Current sees them, over /api/v1/. HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import NotFound
from braze_partners.rest import paging
from braze_partners.rest.callers import key_of
from braze_partners.rest.paging import PAGE_PARAMETERS, paged
from currents import lookup, lookup_words
from currents.amplitude.changes import Change, How
from currents.api import BODIES, CurrentView
from currents.api_delivery import asked
from currents.fates import Fate
from currents.filters import LookUpForm
from currents.lookup import Seen
from currents.serializers import AttemptSerializer
from currents.verdict_words import tell
from currents.verdicts import Outcome

GATED = "With the permission currents.bodies, else null."


OUTCOMES = [outcome.value for outcome in Outcome]


class SeenEventSerializer(serializers.Serializer[Seen]):
    sequence = serializers.IntegerField(help_text="Its place in the log.")
    event_id = serializers.CharField(source="record.id")
    event_type = serializers.CharField(source="record.type")
    external_user_id = serializers.CharField(source="record.external_user_id", allow_null=True)
    device_id = serializers.CharField(source="record.device_id", allow_null=True)
    received_at = serializers.DateTimeField()
    time_ms = serializers.IntegerField(
        source="record.time_ms", help_text="When it happened; milliseconds since 1970."
    )
    outcome = serializers.ChoiceField(source="verdict.outcome", choices=OUTCOMES)
    fate = serializers.ChoiceField(
        source="verdict.fate",
        choices=Fate.choices,
        allow_null=True,
        help_text="Why it was filtered or dropped.",
    )
    sentence = serializers.SerializerMethodField()
    quote = serializers.SerializerMethodField(help_text="Amplitude’s own words.")
    settings_since = serializers.BooleanField(
        source="verdict.settings_since",
        help_text="The settings have changed since it came, and may have decided otherwise then.",
    )

    def get_sentence(self, seen: Seen) -> str:
        return tell(seen.verdict, self.context["now"]).sentence

    def get_quote(self, seen: Seen) -> str:
        return tell(seen.verdict, self.context["now"]).quote


class ChangeSerializer(serializers.Serializer[Change]):
    how = serializers.ChoiceField(choices=[how.value for how in How])
    before = serializers.CharField(help_text="Its place in the event; empty for what was added.")
    after = serializers.CharField(help_text="Its place in what is sent; empty if left out.")


class WholeEventSerializer(serializers.Serializer[Any]):
    event = SeenEventSerializer()
    raw = serializers.DictField(allow_null=True, help_text=f"As it came. {GATED}")
    payload = serializers.DictField(
        allow_null=True, help_text=f"As it is sent, by the settings of now. {GATED}"
    )
    unsendable = serializers.CharField(help_text="Why no payload can be made of it.")
    changes = ChangeSerializer(many=True)
    curl = serializers.CharField(allow_null=True, help_text=f"Without the key. {GATED}")
    attempts = AttemptSerializer(many=True, help_text="Those that cover it, the latest first.")


class CurrentEvents(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(
        operation_id="currents_events",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("event_id", str, description="Events with this id only."),
            OpenApiParameter(
                "user",
                str,
                description="Of this external id, or of this device where an event names no"
                " external id.",
            ),
        ],
        responses=paged(SeenEventSerializer),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Events of the log with what the Current did with each, the newest first."""
        current, given = self.current(pk), asked(LookUpForm(request.query_params))
        wanted = paging.page_request(request)
        if "event_id" in given:
            page = lookup.by_event_id(current, given["event_id"])
        elif "user" in given:
            page = lookup.by_person(current, given["user"], wanted.after, wanted.size)
        else:
            page = lookup.latest(current, wanted.after, wanted.size)
        following = paging.next_link(request, page.older) if page.older else None
        context = {"now": timezone.now()}
        return paging.Page(page.events, following).answer(SeenEventSerializer, context=context)


class CurrentEvent(CurrentView):
    needs: ClassVar = {"GET": "currents.read"}

    @extend_schema(operation_id="currents_event", responses=WholeEventSerializer)
    def get(self, request: Request, pk: int, sequence: int) -> Response:
        """One event whole: why it was or was not sent, its payload, what was changed in it."""
        seen = lookup.one(self.current(pk), sequence)
        if seen is None:
            raise NotFound("There is no such event in the log")
        whole = lookup.whole(seen)
        bodies = BODIES in key_of(request).permissions
        shown = {
            "event": seen,
            "raw": whole.raw if bodies else None,
            "payload": whole.sent if bodies else None,
            "unsendable": lookup_words.no_payload(whole) if whole.sent is None else "",
            "changes": whole.changes if bodies else [],
            "curl": whole.curl if bodies else None,
            "attempts": lookup.attempts_of(seen),
        }
        return Response(WholeEventSerializer(shown, context={"now": timezone.now()}).data)
