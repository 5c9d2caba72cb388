"""The JSON of Currents over /api/v1/. Knows fields and their types; decides nothing."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from braze_partners.events import catalogue
from braze_partners.partners.amplitude.hosts import Region
from currents import connection_words, editing, limits
from currents.causes import Cause
from currents.drafts import ALL
from currents.fates import Fate
from currents.ledger import Balance
from currents.models import Attempt, ConnectionTest, Current
from currents.states import State

# Untrimmed: what is removed from a key is counted and said.
KEY_HELP = "Stored encrypted and never shown again; hidden characters in it are removed."
NAMES = {"type": "array", "maxItems": limits.MAX_LISTED_TYPES, "items": {"type": "string"}}
TYPES_SCHEMA = {
    "oneOf": [{"type": "string", "enum": [ALL]}, NAMES],
    "description": "Names of `GET /event-types`, or `all` for those that there are now.",
}


@extend_schema_field(TYPES_SCHEMA)
class EventTypesField(serializers.JSONField):
    """`all`, or a list of names; whether they are known is the draft's to say."""

    def to_internal_value(self, data: Any) -> Any:
        if data == ALL:
            return tuple(catalogue.event_types())
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            raise serializers.ValidationError(f"Must be a list of names, or “{ALL}”.")
        if len(data) > limits.MAX_LISTED_TYPES:
            raise serializers.ValidationError(f"Must have at most {limits.MAX_LISTED_TYPES} names.")
        return tuple(data)


class CurrentSerializer(serializers.Serializer[Current]):
    id = serializers.IntegerField(source="pk")
    type = serializers.SerializerMethodField()
    name = serializers.CharField()
    contact_email = serializers.CharField()
    region = serializers.ChoiceField(choices=Region.choices)
    include_anonymous = serializers.BooleanField()
    event_types = serializers.ListField(child=serializers.CharField())
    api_key = serializers.CharField(source="api_key_hint", help_text="Its ends; empty without one.")
    state = serializers.ChoiceField(choices=State.choices)
    state_since = serializers.DateTimeField()
    version = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    launched_at = serializers.DateTimeField(allow_null=True)

    def get_type(self, current: Current) -> str:
        return "amplitude"

    def get_version(self, current: Current) -> int:
        return editing.version_of(current)


class SavedCurrentSerializer(CurrentSerializer):
    removed_characters = serializers.SerializerMethodField(
        help_text="Hidden characters that were removed from the API key."
    )

    def get_removed_characters(self, current: Current) -> int:
        return int(self.context["removed"])


class NewCurrentSerializer(serializers.Serializer[Any]):
    """A draft needs a name only; with `launch` all of it must be there."""

    name = serializers.CharField(max_length=limits.MAX_NAME)
    contact_email = serializers.CharField(
        max_length=limits.MAX_CONTACT_EMAIL, required=False, allow_blank=True, default=""
    )
    api_key = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        default="",
        help_text=KEY_HELP,
    )
    region = serializers.ChoiceField(choices=Region.choices, required=False, default=Region.US)
    include_anonymous = serializers.BooleanField(required=False, default=True)
    event_types = EventTypesField(required=False, default=list)  # type: ignore[arg-type]
    launch = serializers.BooleanField(required=False, default=False)


class CurrentChangeSerializer(serializers.Serializer[Any]):
    """What is absent stays. With `version` the change is refused (409) if somebody was faster."""

    name = serializers.CharField(max_length=limits.MAX_NAME, required=False)
    contact_email = serializers.CharField(
        max_length=limits.MAX_CONTACT_EMAIL, required=False, allow_blank=True
    )
    api_key = serializers.CharField(
        max_length=1000, required=False, trim_whitespace=False, help_text=KEY_HELP
    )
    region = serializers.ChoiceField(choices=Region.choices, required=False)
    include_anonymous = serializers.BooleanField(required=False)
    event_types = EventTypesField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class AskedTestSerializer(serializers.Serializer[Any]):
    """Without them the stored key and region are tested."""

    api_key = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    region = serializers.ChoiceField(choices=Region.choices, required=False)


class QueuedTestSerializer(serializers.Serializer[ConnectionTest]):
    id = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(choices=ConnectionTest.State.choices)


class ConnectionTestSerializer(QueuedTestSerializer):
    region = serializers.ChoiceField(choices=Region.choices)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    accepted = serializers.BooleanField(allow_null=True, help_text="Null until it is done.")
    verdict = serializers.CharField(help_text="Empty until it is done.")
    sentence = serializers.SerializerMethodField()
    status = serializers.IntegerField(allow_null=True)
    took_ms = serializers.IntegerField(allow_null=True)
    words = serializers.CharField(help_text="Amplitude’s own.")
    request = serializers.SerializerMethodField(help_text="With the permission currents.bodies.")
    answer = serializers.SerializerMethodField(help_text="With the permission currents.bodies.")

    def get_sentence(self, test: ConnectionTest) -> str:
        return connection_words.sentence(test) if test.verdict else ""

    def get_request(self, test: ConnectionTest) -> str | None:
        return test.request if self.context["bodies"] else None

    def get_answer(self, test: ConnectionTest) -> str | None:
        return test.answer if self.context["bodies"] else None


class BalanceSerializer(serializers.Serializer[Balance]):
    """received = delivered + filtered + waiting + dead_lettered + dropped."""

    received = serializers.IntegerField()
    delivered = serializers.IntegerField()
    filtered = serializers.IntegerField()
    waiting = serializers.IntegerField()
    dead_lettered = serializers.IntegerField()
    dropped = serializers.IntegerField()
    by_fate = serializers.SerializerMethodField()

    @extend_schema_field(
        {"type": "object", "properties": {fate.value: {"type": "integer"} for fate in Fate}}
    )
    def get_by_fate(self, balance: Balance) -> dict[str, int]:
        return {fate.value: balance.by_fate.get(fate, 0) for fate in Fate}


class LedgerSerializer(serializers.Serializer[Any]):
    window = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True, help_text="Of receipt; null since launch.")
    until = serializers.DateTimeField()
    balance = BalanceSerializer()


class TypeBalanceSerializer(serializers.Serializer[Any]):
    event_type = serializers.CharField(help_text="`unknown` for all that the catalogue lacks.")
    balance = BalanceSerializer()


class PercentilesSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Attempts that were measured.")
    p50 = serializers.IntegerField()
    p95 = serializers.IntegerField()
    p99 = serializers.IntegerField()


class LatencySerializer(serializers.Serializer[Any]):
    """In milliseconds; null where nothing was measured."""

    window = serializers.CharField()
    answers = PercentilesSerializer(allow_null=True, help_text="How long Amplitude took.")
    delivery = PercentilesSerializer(
        allow_null=True, help_text="From the receipt of a request’s oldest event to its delivery."
    )


class AttemptSerializer(serializers.Serializer[Attempt]):
    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="delivery, or probe of refused credentials.")
    outcome = serializers.ChoiceField(choices=Attempt.Outcome.choices)
    status = serializers.IntegerField(allow_null=True)
    events = serializers.IntegerField()
    bytes = serializers.IntegerField()
    named = serializers.IntegerField(help_text="Events or ids that the answer names.")
    took_ms = serializers.IntegerField()
    delay_ms = serializers.IntegerField(
        allow_null=True, help_text="From the receipt of its oldest event to the answer."
    )
    first_lane = serializers.IntegerField()
    last_lane = serializers.IntegerField()
    first_sequence = serializers.IntegerField()
    last_sequence = serializers.IntegerField()
    words = serializers.CharField(help_text="Amplitude’s own.")
    warning = serializers.CharField()


class AttemptBodiesSerializer(AttemptSerializer):
    request = serializers.CharField(help_text="Its beginning, the key masked.")
    answer = serializers.CharField(help_text="Its beginning, the key masked.")


class DeadLetterSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    sequence = serializers.IntegerField()
    event_id = serializers.CharField()
    event_type = serializers.CharField()
    identity = serializers.CharField()
    received_at = serializers.DateTimeField()
    at = serializers.DateTimeField()
    cause = serializers.CharField(help_text="Amplitude’s own words.")
    status = serializers.IntegerField(allow_null=True)


class CauseSerializer(serializers.Serializer[Cause]):
    cause = serializers.CharField()
    status = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    hint = serializers.CharField()


class HotIdSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="user, device, or id where it is not known which.")
    identifier = serializers.CharField()
    per_second = serializers.FloatField(allow_null=True, help_text="Over the last ten seconds.")
    today = serializers.IntegerField(allow_null=True)
    held = serializers.IntegerField(help_text="Events of it that wait.")
