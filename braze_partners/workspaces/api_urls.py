"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.workspaces import api

urlpatterns = [
    path("workspace", api.WorkspaceOne.as_view(), name="api-workspace"),
    path("members", api.MemberList.as_view(), name="api-members"),
    path("audit", api.AuditList.as_view(), name="api-audit"),
]
