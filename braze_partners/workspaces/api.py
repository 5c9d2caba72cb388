"""The workspace, its members and its audit log over /api/v1/; HTTP only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.rest.paging import PAGE_PARAMETERS, paged, query_page
from braze_partners.rest.views import ApiView
from braze_partners.workspaces import workspace_settings
from braze_partners.workspaces.models import AuditEntry, Language, Member, Role, Workspace
from braze_partners.workspaces.workspace_settings import time_zones


class WorkspaceSerializer(serializers.ModelSerializer[Workspace]):
    class Meta:
        model = Workspace
        fields = (
            "slug",
            "name",
            "time_zone",
            "language",
            "create_unknown_users",
            "created_at",
        )
        read_only_fields = fields


class WorkspaceMemberSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="account.name")
    email = serializers.EmailField(source="account.email")
    role = serializers.ChoiceField(choices=Role.choices)
    joined_at = serializers.DateTimeField(source="created_at")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor_text")
    detail = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "address", "action", "target", "detail")
        read_only_fields = fields


class WorkspaceChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    name = serializers.CharField(required=False, max_length=120)
    time_zone = serializers.ChoiceField(required=False, choices=time_zones())
    language = serializers.ChoiceField(required=False, choices=Language.values)
    create_unknown_users = serializers.BooleanField(
        required=False,
        help_text="Whether cohort imports make profiles of external ids that nobody has.",
    )


class WorkspaceOne(ApiView):
    needs: ClassVar = {"GET": "workspace.read", "PATCH": "workspace.write"}

    @extend_schema(operation_id="workspace_read", responses=WorkspaceSerializer)
    def get(self, request: Request) -> Response:
        """The workspace of the key."""
        return Response(WorkspaceSerializer(self.workspace).data)

    @extend_schema(
        operation_id="workspace_change",
        request=WorkspaceChangeSerializer,
        responses=WorkspaceSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Changes its settings; each change is in the audit log."""
        asked = WorkspaceChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = replace(workspace_settings.current(self.workspace), **asked.validated_data)
        workspace_settings.change(self.workspace, wanted, self.caller.actor)
        self.workspace.refresh_from_db()
        return Response(WorkspaceSerializer(self.workspace).data)


class MemberList(ApiView):
    needs: ClassVar = {"GET": "members.read"}

    @extend_schema(
        operation_id="members_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(WorkspaceMemberSerializer),
    )
    def get(self, request: Request) -> Response:
        """Members with their role, the latest first."""
        found = Member.objects.filter(workspace_id=self.workspace_id).select_related("account")
        return query_page(request, found).answer(WorkspaceMemberSerializer)


class AuditList(ApiView):
    needs: ClassVar = {"GET": "audit.read"}

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("action", str, description="Only this action."),
        ],
        responses=paged(AuditEntrySerializer),
    )
    def get(self, request: Request) -> Response:
        """Who did what, the latest first."""
        found = AuditEntry.objects.filter(workspace_id=self.workspace_id)
        action = request.query_params.get("action")
        if action:
            found = found.filter(action=action)
        return query_page(request, found).answer(AuditEntrySerializer)
