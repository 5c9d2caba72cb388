"""What the OpenAPI document says of Braze's own endpoints for who people are. Shapes only: bodies
are read by identity_bodies, entry by entry."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from braze_partners.people.limits import MAX_EXTERNAL_ID_BYTES, MAX_IDENTITIES, MAX_NAME_LENGTH


class UserAliasSerializer(serializers.Serializer[Any]):
    alias_name = serializers.CharField(max_length=MAX_NAME_LENGTH)
    alias_label = serializers.CharField(max_length=MAX_NAME_LENGTH)


class AliasToIdentify(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=MAX_EXTERNAL_ID_BYTES)
    user_alias = UserAliasSerializer()


class IdentifyBody(serializers.Serializer[Any]):
    aliases_to_identify = serializers.ListField(
        child=AliasToIdentify(), min_length=1, max_length=MAX_IDENTITIES
    )
    merge_behavior = serializers.ChoiceField(
        choices=["merge", "none"],
        required=False,
        help_text="With `none` aliases, devices and memberships follow, and nothing else does. "
        "`merge` where it is left out.",
    )


class NewAlias(UserAliasSerializer):
    external_id = serializers.CharField(
        max_length=MAX_EXTERNAL_ID_BYTES,
        required=False,
        allow_null=True,
        help_text="Whose the alias is; without it somebody new is made.",
    )


class NewAliasesBody(serializers.Serializer[Any]):
    user_aliases = serializers.ListField(child=NewAlias(), min_length=1, max_length=MAX_IDENTITIES)


class UsersDeleteBody(serializers.Serializer[Any]):
    """One of the three."""

    external_ids = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=MAX_IDENTITIES
    )
    user_aliases = serializers.ListField(
        child=UserAliasSerializer(), required=False, max_length=MAX_IDENTITIES
    )
    braze_ids = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=MAX_IDENTITIES
    )


class RefusedEntry(serializers.Serializer[Any]):
    type = serializers.CharField(help_text="Why the entry is refused.")
    input_array = serializers.CharField()
    index = serializers.IntegerField()


class AliasesProcessed(serializers.Serializer[Any]):
    aliases_processed = serializers.IntegerField()
    message = serializers.CharField()
    errors = RefusedEntry(many=True, required=False)  # type: ignore[assignment]


class PeopleDeleted(serializers.Serializer[Any]):
    deleted = serializers.IntegerField()
    message = serializers.CharField()
    errors = RefusedEntry(many=True, required=False)  # type: ignore[assignment]
