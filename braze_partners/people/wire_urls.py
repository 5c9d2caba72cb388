"""The Braze-compatible endpoints of this room, below /users/."""

from __future__ import annotations

from django.urls import path

from braze_partners.people import export_api, wire_api

urlpatterns = [
    path("identify", wire_api.UsersIdentify.as_view(), name="users-identify"),
    path("alias/new", wire_api.UsersAliasNew.as_view(), name="users-alias-new"),
    path("export/ids", export_api.UsersExportIds.as_view(), name="users-export-ids"),
    path("delete", wire_api.UsersDelete.as_view(), name="users-delete"),
]
