"""The endpoint as one would write it first."""

# mypy: disable-error-code="attr-defined"

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.twin.models import Cohort, Membership, Person
from braze_partners.keys.verifying import admit_import_call


class ChangeSerializer(serializers.Serializer[Any]):
    user_ids = serializers.ListField(child=serializers.CharField(), default=list)
    device_ids = serializers.ListField(child=serializers.CharField(), default=list)
    aliases = serializers.ListField(child=serializers.DictField(), default=list)
    should_remove = serializers.BooleanField(default=False)


class UsersSerializer(serializers.Serializer[Any]):
    partner_api_key = serializers.CharField()
    client_secret = serializers.CharField()
    cohort_id = serializers.CharField(max_length=255)
    cohort_changes = ChangeSerializer(many=True)


class UsersView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, partner: str) -> Response:
        read = UsersSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        data = read.validated_data
        address = request.META["REMOTE_ADDR"]
        key = admit_import_call(data["client_secret"], partner, address, datetime.now(UTC))
        workspace = key.workspace_id
        with transaction.atomic():
            cohort, _ = Cohort.objects.get_or_create(
                workspace=workspace, cohort_id=data["cohort_id"]
            )
            for change in data["cohort_changes"]:
                self.apply(workspace, cohort, change)
        return Response({"message": "success"}, status=201)

    def apply(self, workspace: int, cohort: Cohort, change: dict[str, Any]) -> None:
        people = Person.objects.filter(workspace=workspace, external_id__in=change["user_ids"])
        if change["should_remove"]:
            Membership.objects.filter(cohort=cohort, person__in=people).delete()
        else:
            Membership.objects.bulk_create(
                [Membership(cohort=cohort, person=person) for person in people],
                ignore_conflicts=True,
            )
