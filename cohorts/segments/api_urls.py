"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from cohorts.segments import acts_api, api, detail_api, export_api

urlpatterns = [
    path("segments", api.SegmentList.as_view(), name="api-segments"),
    path("segments/size", api.UnsavedSize.as_view(), name="api-segment-size-unsaved"),
    path("segments/archive", acts_api.SegmentArchiving.as_view(), name="api-segments-archive"),
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
    path(
        "segments/<uuid:pk>/sample", detail_api.SegmentSample.as_view(), name="api-segment-sample"
    ),
    path("segments/<uuid:pk>/sizes", detail_api.SegmentSizes.as_view(), name="api-segment-sizes"),
    path(
        "segments/<uuid:pk>/changes",
        detail_api.SegmentChanges.as_view(),
        name="api-segment-changes",
    ),
    path("segments/<uuid:pk>/uses", detail_api.SegmentUses.as_view(), name="api-segment-uses"),
    path(
        "segments/<uuid:pk>/duplicate",
        acts_api.SegmentDuplicate.as_view(),
        name="api-segment-duplicate",
    ),
    path(
        "segments/<uuid:pk>/stars/<row:member>",
        detail_api.SegmentStar.as_view(),
        name="api-segment-star",
    ),
]
