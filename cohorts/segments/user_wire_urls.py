"""The Braze-compatible endpoints of this room, below /users/."""

from __future__ import annotations

from django.urls import path

from cohorts.segments import user_export_api

urlpatterns = [
    path(
        "export/segment",
        user_export_api.UsersExportSegment.as_view(),
        name="users-export-segment",
    ),
    path(
        "export/segment/files/<uuid:pk>",
        user_export_api.export_file,
        name="users-export-segment-file",
    ),
]
