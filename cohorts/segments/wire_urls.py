"""The Braze-compatible endpoints of this room, below /segments/."""

from __future__ import annotations

from django.urls import path

from cohorts.segments import wire_api

urlpatterns = [
    path("list", wire_api.SegmentsList.as_view(), name="braze-segments-list"),
    path("data_series", wire_api.SegmentsDataSeries.as_view(), name="braze-segments-data-series"),
    path("details", wire_api.SegmentsDetails.as_view(), name="braze-segments-details"),
]
