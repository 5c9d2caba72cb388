"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from cohorts.segments import api, export_api

urlpatterns = [
    path("segments", api.SegmentList.as_view(), name="api-segments"),
    path("segments/size", api.UnsavedSize.as_view(), name="api-segment-size-unsaved"),
    path("segments/<uuid:pk>", api.SegmentOne.as_view(), name="api-segment"),
    path("segments/<uuid:pk>/size", api.SegmentSize.as_view(), name="api-segment-size"),
    path("segments/<uuid:pk>/members", api.SegmentMembers.as_view(), name="api-segment-members"),
    path("segments/<uuid:pk>/exports", export_api.ExportList.as_view(), name="api-segment-exports"),
    path(
        "segments/<uuid:pk>/exports/<uuid:export>",
        export_api.ExportOne.as_view(),
        name="api-segment-export",
    ),
    path(
        "segments/<uuid:pk>/exports/<uuid:export>/file",
        export_api.ExportFile.as_view(),
        name="api-segment-export-file",
    ),
    path("segments/<uuid:pk>/lookup", api.SegmentLookUp.as_view(), name="api-segment-lookup"),
]
