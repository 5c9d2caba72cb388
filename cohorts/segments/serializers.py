"""The JSON of segments over /api/v1/. Knows fields and their types; decides nothing."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cohorts.segments import limits, schemas, tagging
from cohorts.segments.models import Segment

INCLUSION = {"type": "string", "enum": ["includes", "does_not_include"]}
TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
FILTER_SCHEMA = {
    "oneOf": [
        {
            "type": "object",
            "required": ["type", "partner", "operator", "cohorts"],
            "properties": {
                "type": {"const": "cohort"},
                "partner": {"type": "string"},
                "operator": INCLUSION,
                "cohorts": TEXTS,
            },
        },
        {
            "type": "object",
            "required": ["type", "operator", "segments"],
            "properties": {"type": {"const": "segment"}, "operator": INCLUSION, "segments": TEXTS},
        },
        {
            "type": "object",
            "required": ["type", "operator"],
            "properties": {
                "type": {"const": "external_user_id"},
                "operator": {"type": "string", "enum": ["is_set", "is_not_set", "is_any_of"]},
                "values": TEXTS,
            },
        },
        *schemas.PROFILE_FILTERS,
    ]
}
ROWS_SCHEMA = {
    "type": "array",
    "maxItems": limits.MAX_ROWS,
    "items": {
        "type": "object",
        "required": ["any"],
        "properties": {
            "any": {
                "type": "array",
                "minItems": 1,
                "maxItems": limits.MAX_FILTERS_PER_ROW,
                "items": FILTER_SCHEMA,
            }
        },
    },
}
DEFINITION_SCHEMA = {
    "type": "object",
    "description": "Rows joined by AND, each of filters joined by OR; who matches an exclusion "
    "row is taken out. Empty, it is everyone.",
    "properties": {"all": ROWS_SCHEMA, "exclude": ROWS_SCHEMA},
    "additionalProperties": False,
}


@extend_schema_field(DEFINITION_SCHEMA)
class DefinitionField(serializers.JSONField):
    """Read by the definition's own parser, which names the place of a mistake."""


class SegmentSerializer(serializers.Serializer[Segment]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.SerializerMethodField()
    definition = DefinitionField()
    version = serializers.IntegerField()
    archived = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField()

    def get_tags(self, segment: Segment) -> list[str]:
        return tagging.names(segment)

    def get_archived(self, segment: Segment) -> bool:
        return segment.archived_at is not None


class NewSegmentSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=limits.MAX_NAME)
    description = serializers.CharField(
        max_length=limits.MAX_DESCRIPTION, required=False, allow_blank=True, default=""
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=limits.MAX_TAG),
        max_length=limits.MAX_TAGS,
        required=False,
        default=list,
    )
    definition = DefinitionField(required=False, default=dict)


class SegmentChangeSerializer(serializers.Serializer[Any]):
    """What is absent stays. With `version` the change is refused (409) if somebody was faster."""

    name = serializers.CharField(max_length=limits.MAX_NAME, required=False)
    description = serializers.CharField(
        max_length=limits.MAX_DESCRIPTION, required=False, allow_blank=True
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=limits.MAX_TAG),
        max_length=limits.MAX_TAGS,
        required=False,
    )
    definition = DefinitionField(required=False)
    archived = serializers.BooleanField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class AskedDefinitionSerializer(serializers.Serializer[Any]):
    definition = DefinitionField()


class ReachSerializer(serializers.Serializer[Any]):
    push = serializers.IntegerField(help_text="With a device that takes push, not unsubscribed.")
    email = serializers.IntegerField(help_text="With an e-mail address, not unsubscribed.")
    sms = serializers.IntegerField(help_text="With a phone number.")
    any = serializers.IntegerField(source="anyhow", help_text="By one channel at least.")
    as_of = serializers.DateTimeField()


class FunnelSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(help_text="Exact, as of this moment.")
    everyone = serializers.IntegerField(help_text="All live profiles of the workspace.")
    all = serializers.ListField(
        child=serializers.IntegerField(), source="rows", help_text="Who is left after each AND row."
    )
    exclude = serializers.ListField(
        child=serializers.IntegerField(),
        source="exclusions",
        help_text="Who is left after each exclusion row.",
    )
    anonymous = serializers.IntegerField(help_text="Of the size, those without an external id.")
    milliseconds = serializers.FloatField(help_text="From the database to the numbers.")
    as_of = serializers.DateTimeField(
        allow_null=True,
        help_text="Filters on profiles are exact as of then, a minute ago at most; null: now.",
    )
    reach = ReachSerializer(
        allow_null=True, help_text="Null while it is counted for the first time."
    )


class MemberSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(allow_null=True)
    braze_id = serializers.CharField()
    identifier = serializers.CharField(help_text="External id, or alias:…, device:…, braze_id:….")


class LastRunSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="run.pk")
    at = serializers.DateTimeField(source="run.at")
    added = serializers.BooleanField(help_text="Whether it added them or took them out.")
    request_id = serializers.CharField(source="run.request_id")
    key = serializers.CharField(
        source="run.key.masked", default=None, allow_null=True, help_text="The key, masked."
    )


class TracedCohortSerializer(serializers.Serializer[Any]):
    cohort_id = serializers.CharField(source="cohort.cohort_id", default=None, allow_null=True)
    name = serializers.CharField()
    member = serializers.BooleanField(source="inside")
    last_run = LastRunSerializer(source="last", allow_null=True)


class TracedSegmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    member = serializers.BooleanField(source="inside")


class FactSerializer(serializers.Serializer[Any]):
    value = serializers.CharField(source="text", help_text="In words; empty: nothing.")
    written_at = serializers.DateTimeField(
        source="at", help_text="When something of the profile was last written."
    )


class ExplainedSerializer(serializers.Serializer[Any]):
    section = serializers.SerializerMethodField()
    row = serializers.IntegerField()
    text = serializers.CharField(source="words")
    true = serializers.BooleanField()
    row_passed = serializers.BooleanField()
    cohorts = TracedCohortSerializer(many=True)
    segments = TracedSegmentSerializer(many=True)
    profile = FactSerializer(
        source="fact", allow_null=True, help_text="What the profile holds of what is asked."
    )

    def get_section(self, step: Any) -> str:
        return "exclude" if step.excluding else "all"


class LookUpSerializer(serializers.Serializer[Any]):
    member = serializers.BooleanField()
    person = MemberSerializer()
    filters = ExplainedSerializer(many=True)
