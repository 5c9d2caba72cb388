"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from cohorts import api_cohorts as api

urlpatterns = [
    path("cohorts", api.CohortList.as_view(), name="api-cohorts"),
    path(f"cohorts/<{ROW}:pk>", api.CohortOne.as_view(), name="api-cohort"),
    path(f"cohorts/<{ROW}:pk>/members", api.CohortMembers.as_view(), name="api-cohort-members"),
    path(f"cohorts/<{ROW}:pk>/runs", api.CohortRuns.as_view(), name="api-cohort-runs"),
    path("import-runs", api.RunList.as_view(), name="api-import-runs"),
    path(f"import-runs/<{ROW}:pk>", api.RunOne.as_view(), name="api-import-run"),
    path(f"import-runs/<{ROW}:pk>/skipped", api.RunSkipped.as_view(), name="api-run-skipped"),
]
