"""The JSON of campaigns and Canvases over /api/v1/. Knows fields and types; decides nothing."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from braze_partners.messaging import limits
from braze_partners.messaging.models import Channel, Outreach
from cohorts.segments.serializers import DefinitionField, FunnelSerializer

FILTERS_HELP = "Additional filters, in the form of a segment's definition."


class TargetSerializer(serializers.Serializer[Any]):
    segments = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=limits.MAX_SEGMENTS,
        required=False,
        default=list,
        help_text="Who enters is in all of these segments.",
    )
    filters = DefinitionField(required=False, default=dict, help_text=FILTERS_HELP)


class StepSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(
        required=False, allow_null=True, help_text="Of a step that is there already; else left out."
    )
    name = serializers.CharField(max_length=limits.MAX_NAME)
    channel = serializers.ChoiceField(Channel.choices)
    variant = serializers.CharField(
        max_length=limits.MAX_NAME,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="Name of the only variant that has this step; empty or null: all of them.",
    )


class VariantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Of a variant that is there already; else left out.",
    )
    name = serializers.CharField(max_length=limits.MAX_NAME)
    share = serializers.IntegerField(min_value=1, max_value=limits.WHOLE, help_text="In percent.")


class _EditedSerializer(serializers.Serializer[Any]):
    """What is absent keeps its value, or is empty in a new one."""

    description = serializers.CharField(
        max_length=limits.MAX_DESCRIPTION, required=False, allow_blank=True
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=limits.MAX_TAG),
        max_length=limits.MAX_TAGS,
        required=False,
    )
    target = TargetSerializer(required=False)


class _CampaignPartsSerializer(_EditedSerializer):
    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices), required=False)


class _CanvasPartsSerializer(_EditedSerializer):
    steps = StepSerializer(many=True, required=False)
    variants = VariantSerializer(many=True, required=False)
    control_share = serializers.IntegerField(
        min_value=0,
        max_value=limits.WHOLE - 1,
        required=False,
        help_text="In percent; with the variants' shares it makes 100.",
    )


class NewCampaignSerializer(_CampaignPartsSerializer):
    name = serializers.CharField(max_length=limits.MAX_NAME)


class NewCanvasSerializer(_CanvasPartsSerializer):
    name = serializers.CharField(max_length=limits.MAX_NAME)


class _ChangeSerializer(serializers.Serializer[Any]):
    """With `version` the change is refused (409) if somebody was faster."""

    name = serializers.CharField(max_length=limits.MAX_NAME, required=False)
    state = serializers.ChoiceField(Outreach.State.choices, required=False)
    archived = serializers.BooleanField(required=False)
    version = serializers.IntegerField(required=False, min_value=1)


class CampaignChangeSerializer(_ChangeSerializer, _CampaignPartsSerializer):
    pass


class CanvasChangeSerializer(_ChangeSerializer, _CanvasPartsSerializer):
    pass


class _OutreachSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="outreach.pk")
    name = serializers.CharField(source="draft.name")
    description = serializers.CharField(source="draft.description")
    tags = serializers.ListField(child=serializers.CharField(), source="draft.tags")
    state = serializers.ChoiceField(Outreach.State.choices, source="outreach.state")
    channels = serializers.ListField(
        child=serializers.ChoiceField(Channel.choices), source="draft.channels"
    )
    target = serializers.SerializerMethodField()
    audience_size = serializers.IntegerField(
        source="size",
        allow_null=True,
        help_text="Exact; null while a filter on profiles is counted for the first time.",
    )
    version = serializers.IntegerField(source="outreach.version")
    archived = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="outreach.created_at")
    edited_at = serializers.DateTimeField(source="outreach.edited_at")

    @extend_schema_field(TargetSerializer)
    def get_target(self, told: Any) -> dict[str, Any]:
        segments = [str(each) for each in told.draft.target.segments]
        return {"segments": segments, "filters": told.outreach.filters}

    def get_archived(self, told: Any) -> bool:
        return told.outreach.archived_at is not None


class CampaignSerializer(_OutreachSerializer):
    pass


class CanvasSerializer(_OutreachSerializer):
    steps = StepSerializer(many=True, source="draft.steps")
    variants = VariantSerializer(many=True, source="draft.variants")
    control_share = serializers.IntegerField(source="draft.control_share")


class AudienceSerializer(FunnelSerializer):
    segments = serializers.ListField(
        child=serializers.IntegerField(), help_text="Who is left after each chosen segment."
    )
