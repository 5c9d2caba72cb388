"""Data import keys over /api/v1/: list, generate, rotate, invalidate; HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.keys import issuing
from braze_partners.keys.api import (
    SECRET_HELP,
    IssuedKeySerializer,
    KeyView,
    RotateSerializer,
    calls_of,
    one_key,
    rotated,
)
from braze_partners.keys.limits import MAX_LABEL
from braze_partners.keys.models import DataImportKey, KeyUse
from braze_partners.partners import directory
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER, idempotent
from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page


class ImportKeySerializer(IssuedKeySerializer):
    partner = serializers.SlugField()


class NewImportKeySerializer(serializers.Serializer[Any]):
    partner = serializers.ChoiceField(choices=[partner.slug for partner in directory.PARTNERS])
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=MAX_LABEL, required=False, allow_blank=True
    )


class GeneratedImportKeySerializer(ImportKeySerializer):
    secret = serializers.CharField(allow_null=True, help_text=SECRET_HELP)


class ImportKeyList(KeyView):
    needs: ClassVar = {"GET": "import_keys.read", "POST": "import_keys.write"}

    @extend_schema(
        operation_id="import_keys_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(ImportKeySerializer),
    )
    def get(self, request: Request) -> Response:
        """Data import keys, newest first."""
        found = DataImportKey.objects.filter(workspace_id=self.workspace_id)
        page = query_page(request, found.select_related("created_by", "successor"))
        context = calls_of(KeyUse.Kind.DATA_IMPORT, page.rows)
        return page.answer(ImportKeySerializer, context=context)

    @extend_schema(
        operation_id="import_keys_generate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=NewImportKeySerializer,
        responses={201: GeneratedImportKeySerializer},
    )
    @idempotent("secret")
    def post(self, request: Request) -> Response:
        """Generates a data import key for one partner."""
        asked = NewImportKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        partner, label = (
            asked.validated_data["partner"],
            asked.validated_data.get("label", ""),
        )
        issued = issuing.generate_import_key(
            self.workspace, partner, label, self.by, timezone.now()
        )
        data = {**ImportKeySerializer(issued.key).data, "secret": issued.secret}
        return Response(data, 201)


class ImportKeyOne(KeyView):
    needs: ClassVar = {"GET": "import_keys.read", "DELETE": "import_keys.write"}

    @extend_schema(operation_id="import_keys_read", responses=ImportKeySerializer)
    def get(self, request: Request, pk: int) -> Response:
        """A data import key."""
        key = one_key(DataImportKey, self.workspace_id, pk)
        context = calls_of(KeyUse.Kind.DATA_IMPORT, [key])
        return Response(ImportKeySerializer(key, context=context).data)

    @extend_schema(operation_id="import_keys_invalidate", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Invalidates it at once; this cannot be undone. The key stays in the list."""
        issuing.invalidate(one_key(DataImportKey, self.workspace_id, pk), self.by, timezone.now())
        return Response(status=204)


class ImportKeyRotate(KeyView):
    needs: ClassVar = {"POST": "import_keys.write"}

    @extend_schema(
        operation_id="import_keys_rotate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=RotateSerializer,
        responses={201: GeneratedImportKeySerializer},
    )
    @idempotent("secret")
    def post(self, request: Request, pk: int) -> Response:
        """Generates a successor for the same partner; the old key stays valid for the grace."""
        key = one_key(DataImportKey, self.workspace_id, pk)
        issued = rotated(key, request, self.by)
        return Response({**ImportKeySerializer(issued.key).data, "secret": issued.secret}, 201)
