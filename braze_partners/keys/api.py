"""REST keys over /api/v1/: list, generate and rotate (the key is in that answer only), invalidate;
HTTP only.

The endpoints of data import keys are in `partners`, which knows for whom they can be.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import Forbidden, NotFound
from braze_partners.keys import addresses, issuing, permissions, usage
from braze_partners.keys.addresses import AddressesRefused
from braze_partners.keys.issuing import By
from braze_partners.keys.limits import GRACES, MAX_LABEL
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey
from braze_partners.keys.standing import Standing, Verdict, advice, standing
from braze_partners.rest.callers import AuthenticatedKey, key_of
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView

SomeKey = TypeVar("SomeKey", DataImportKey, RestApiKey)


class EndingSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    safe_from = serializers.DateTimeField(
        allow_null=True, help_text="If nobody calls with it until then."
    )


class RotateSerializer(serializers.Serializer[Any]):
    grace_seconds = serializers.ChoiceField(
        choices=list(GRACES), help_text="How long the old key stays valid."
    )


class IssuedKeySerializer(serializers.Serializer[Any]):
    """Never the key: its two ends."""

    id = serializers.IntegerField(source="pk")
    masked = serializers.CharField(help_text="The first eight characters … the last four.")
    label = serializers.CharField()  # type: ignore[assignment]
    status = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    created_by = serializers.SerializerMethodField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_address = serializers.IPAddressField(allow_null=True)
    calls_last_24_hours = serializers.SerializerMethodField()
    invalidated_at = serializers.DateTimeField(allow_null=True)
    rotated_at = serializers.DateTimeField(allow_null=True)
    successor_id = serializers.IntegerField(allow_null=True)
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="The end of a rotated key's grace."
    )
    calls_since_rotation = serializers.IntegerField(
        help_text="Exact but for the minute of the rotation."
    )
    ending = serializers.SerializerMethodField(
        help_text="Whether a rotated key is safe to end; null unless it is ending."
    )

    @extend_schema_field(serializers.ChoiceField(choices=[one.value for one in Standing]))
    def get_status(self, key: DataImportKey | RestApiKey) -> str:
        return standing(key, timezone.now()).value

    @extend_schema_field(EndingSerializer(allow_null=True))
    def get_ending(self, key: DataImportKey | RestApiKey) -> dict[str, Any] | None:
        now = timezone.now()
        if standing(key, now) is not Standing.ENDING:
            return None
        found = advice(key, now)
        told = {"verdict": found.verdict.value, "safe_from": found.safe_from}
        return dict(EndingSerializer(told).data)

    def get_created_by(self, key: DataImportKey | RestApiKey) -> str | None:
        return key.created_by.name if key.created_by else None

    def get_calls_last_24_hours(self, key: DataImportKey | RestApiKey) -> int:
        calls: dict[int, int] = self.context.get("calls", {})
        return calls.get(key.pk, 0)


class RestKeySerializer(IssuedKeySerializer):
    permissions = serializers.ListField(child=serializers.CharField())
    allowed_addresses = serializers.ListField(child=serializers.CharField())


class NewRestKeySerializer(serializers.Serializer[Any]):
    allowed_addresses = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Addresses and networks that may call with it; none for any.",
    )
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(permissions.NAMES)),
        allow_empty=False,
    )
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=MAX_LABEL, required=False, allow_blank=True
    )

    def validate_allowed_addresses(self, entries: list[str]) -> list[str]:
        try:
            return addresses.read(entries)
        except AddressesRefused as refused:
            raise serializers.ValidationError(str(refused)) from refused


SECRET_HELP = "In this answer only. Null when the answer is replayed by its Idempotency-Key."


class GeneratedRestKeySerializer(RestKeySerializer):
    secret = serializers.CharField(allow_null=True, help_text=SECRET_HELP)


class KeyView(ApiView):
    @property
    def by(self) -> By:
        return By(None, self.caller.address, self.caller.masked_key)


def rotated(key: SomeKey, request: Request, by: By) -> issuing.Issued[SomeKey]:
    """Raises NotRotatable, and what is wrong with the body."""
    asked = RotateSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    grace = timedelta(seconds=asked.validated_data["grace_seconds"])
    return issuing.rotate(key, grace, by, timezone.now())


def refuse_more_than(own: AuthenticatedKey, wanted: Iterable[str]) -> None:
    """A key gives no permission that it lacks itself. Raises Forbidden."""
    lacking = sorted(set(wanted) - own.permissions)
    if lacking:
        raise Forbidden(f"The API key lacks the permission {lacking[0]} and cannot give it")


def calls_of(kind: str, keys: Any) -> dict[str, dict[int, int]]:
    ids = [key.pk for key in keys]
    return {"calls": usage.calls_last_day(kind, ids, timezone.now())}


def one_key(model: type[SomeKey], workspace_id: int, pk: int) -> SomeKey:
    found = model._default_manager.filter(workspace_id=workspace_id, pk=pk)
    key = found.select_related("created_by", "workspace", "successor").first()
    if key is None:
        raise NotFound("There is no such key")
    return key


class RestKeyList(KeyView):
    needs: ClassVar = {"GET": "rest_keys.read", "POST": "rest_keys.write"}

    @extend_schema(
        operation_id="rest_keys_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(RestKeySerializer),
    )
    def get(self, request: Request) -> Response:
        """REST API keys, newest first."""
        found = RestApiKey.objects.filter(workspace_id=self.workspace_id)
        page = query_page(request, found.select_related("created_by", "successor"))
        return page.answer(RestKeySerializer, context=calls_of(KeyUse.Kind.REST, page.rows))

    @extend_schema(
        operation_id="rest_keys_generate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewRestKeySerializer,
        responses={201: GeneratedRestKeySerializer},
    )
    @idempotent("secret")
    def post(self, request: Request) -> Response:
        """Generates a REST API key; a key gives no permission that it lacks itself."""
        asked = NewRestKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data["permissions"]
        refuse_more_than(key_of(request), wanted)
        issued = issuing.generate_rest_key(
            self.workspace,
            wanted,
            asked.validated_data.get("label", ""),
            self.by,
            timezone.now(),
            asked.validated_data.get("allowed_addresses", ()),
        )
        data = {**RestKeySerializer(issued.key).data, "secret": issued.secret}
        return Response(data, 201)


class RestKeyOne(KeyView):
    needs: ClassVar = {"GET": "rest_keys.read", "DELETE": "rest_keys.write"}

    @extend_schema(operation_id="rest_keys_read", responses=RestKeySerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A REST API key."""
        key = one_key(RestApiKey, self.workspace_id, pk)
        context = calls_of(KeyUse.Kind.REST, [key])
        return Response(RestKeySerializer(key, context=context).data)

    @extend_schema(operation_id="rest_keys_invalidate", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Invalidates it at once; this cannot be undone. The key stays in the list."""
        issuing.invalidate(one_key(RestApiKey, self.workspace_id, pk), self.by, timezone.now())
        return Response(status=204)


class RestKeyRotate(KeyView):
    needs: ClassVar = {"POST": "rest_keys.write"}

    @extend_schema(
        operation_id="rest_keys_rotate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=RotateSerializer,
        responses={201: GeneratedRestKeySerializer},
    )
    @idempotent("secret")
    def post(self, request: Request, pk: int) -> Response:
        """Generates a successor that may do the same; the old key stays valid for the grace."""
        key = one_key(RestApiKey, self.workspace_id, pk)
        refuse_more_than(key_of(request), key.permissions)
        issued = rotated(key, request, self.by)
        return Response({**RestKeySerializer(issued.key).data, "secret": issued.secret}, 201)
