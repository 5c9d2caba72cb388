"""POST /users/export/ids. HTTP only: export_bodies reads the request, exported tells the people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import BadRequest
from braze_partners.people import contacts, export_bodies, exported, identity
from braze_partners.people.api_shapes import UserAliasSerializer
from braze_partners.people.export_bodies import Named
from braze_partners.rest.braze_lists import SUCCESS
from braze_partners.rest.views import ApiView


class ExportIdsBody(serializers.Serializer[Any]):
    external_ids = serializers.ListField(child=serializers.CharField(), required=False)
    user_aliases = serializers.ListField(child=UserAliasSerializer(), required=False)
    device_id = serializers.CharField(required=False)
    braze_id = serializers.CharField(required=False)
    email_address = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    fields_to_export = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(exported.FIELDS)),
        required=False,
        help_text="Left out: all there are.",
    )


ExportIdsAnswer = inline_serializer(
    "ExportedUsers",
    {
        "message": serializers.CharField(),
        "users": serializers.ListField(child=serializers.DictField()),
        "invalid_user_ids": serializers.ListField(
            child=serializers.CharField(), help_text="External ids of nobody."
        ),
    },
)


def body_of(request: Request) -> dict[str, object]:
    """Raises BadRequest where it is no object."""
    if not isinstance(request.data, dict):
        raise BadRequest("The request body must be a JSON object")
    return request.data


class UsersExportIds(ApiView):
    needs: ClassVar = {"POST": "users.export.ids"}

    @extend_schema(
        operation_id="users_export_ids", request=ExportIdsBody, responses={201: ExportIdsAnswer}
    )
    def post(self, request: Request) -> Response:
        """Everything known of at most 50 people, who are named by any identifiers together."""
        body = body_of(request)
        named = export_bodies.named(body)
        fields = export_bodies.fields(body, required=False)
        by_id = identity.resolve_external_ids(self.workspace_id, named.external_ids)
        numbers = {number for number in by_id if number is not None}
        numbers.update(_others(self.workspace_id, named))
        unknown = [
            text for text, number in zip(named.external_ids, by_id, strict=True) if number is None
        ]
        users = list(exported.users(self.workspace_id, sorted(numbers), fields))
        return Response({"message": SUCCESS, "users": users, "invalid_user_ids": unknown}, 201)


def _others(workspace_id: int, named: Named) -> Iterator[int]:
    """Those named otherwise than by an external id. What no column can hold is nobody's."""
    braze_ids, emails, phones = (
        [text for text in texts if "\x00" not in text]
        for texts in (named.braze_ids, named.emails, named.phones)
    )
    devices = identity.resolve_devices(workspace_id, named.devices)
    yield from (match.number for match in devices if match is not None)
    for found in (
        identity.resolve_aliases(workspace_id, named.aliases),
        identity.resolve_braze_ids(workspace_id, braze_ids),
    ):
        yield from (number for number in found if number is not None)
    for shared in (
        contacts.by_email(workspace_id, emails) if emails else {},
        contacts.by_phone(workspace_id, phones) if phones else {},
    ):
        for numbers in shared.values():
            yield from numbers
