"""REST keys over /api/v1/: list, generate (the key is in that answer only), invalidate; HTTP only.

The endpoints of data import keys are in `partners`, which knows for whom they can be.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import Forbidden, NotFound
from braze_partners.keys import issuing, permissions, usage
from braze_partners.keys.issuing import By
from braze_partners.keys.limits import MAX_LABEL
from braze_partners.keys.models import DataImportKey, KeyUse, RestApiKey
from braze_partners.rest.callers import key_of
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView

SomeKey = TypeVar("SomeKey", DataImportKey, RestApiKey)


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

    def get_status(self, key: DataImportKey | RestApiKey) -> str:
        return "active" if key.invalidated_at is None else "invalidated"

    def get_created_by(self, key: DataImportKey | RestApiKey) -> str | None:
        return key.created_by.name if key.created_by else None

    def get_calls_last_24_hours(self, key: DataImportKey | RestApiKey) -> int:
        calls: dict[int, int] = self.context.get("calls", {})
        return calls.get(key.pk, 0)


class RestKeySerializer(IssuedKeySerializer):
    permissions = serializers.ListField(child=serializers.CharField())


class NewRestKeySerializer(serializers.Serializer[Any]):
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(permissions.NAMES)),
        allow_empty=False,
    )
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=MAX_LABEL, required=False, allow_blank=True
    )


SECRET_HELP = "In this answer only. Null when the answer is replayed by its Idempotency-Key."


class GeneratedRestKeySerializer(RestKeySerializer):
    secret = serializers.CharField(allow_null=True, help_text=SECRET_HELP)


class KeyView(ApiView):
    @property
    def by(self) -> By:
        return By(None, self.caller.address, self.caller.masked_key)


def calls_of(kind: str, keys: Any) -> dict[str, dict[int, int]]:
    ids = [key.pk for key in keys]
    return {"calls": usage.calls_last_day(kind, ids, timezone.now())}


def one_key(model: type[SomeKey], workspace_id: int, pk: int) -> SomeKey:
    found = model._default_manager.filter(workspace_id=workspace_id, pk=pk)
    key = found.select_related("created_by", "workspace").first()
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
        page = query_page(request, found.select_related("created_by"))
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
        lacking = sorted(set(wanted) - key_of(request).permissions)
        if lacking:
            raise Forbidden(f"The API key lacks the permission {lacking[0]} and cannot give it")
        label = asked.validated_data.get("label", "")
        issued = issuing.generate_rest_key(self.workspace, wanted, label, self.by, timezone.now())
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
