"""The screens of this room, below /w/<workspace>/settings/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from braze_partners.workspaces import views

app_name = "workspaces"
urlpatterns: list[URLPattern | URLResolver] = [
    path("members/", views.member_list, name="members"),
    path("members/<int:pk>/role/", views.change_role, name="change-role"),
    path("members/<int:pk>/remove/", views.remove_member, name="remove-member"),
    path("members/invitations/<int:pk>/resend/", views.resend_invitation, name="resend"),
    path("members/invitations/<int:pk>/revoke/", views.revoke_invitation, name="revoke"),
    path("workspace/", views.settings, name="settings"),
    path("audit-log/", views.audit, name="audit"),
    path("audit-log/export/", views.export_audit, name="audit-export"),
]
