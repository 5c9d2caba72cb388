"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from cohorts import api_cohorts as api
from cohorts import api_data_points as points
from cohorts import api_runs as runs

urlpatterns = [
    path("cohorts", api.CohortList.as_view(), name="api-cohorts"),
    path(f"cohorts/<{ROW}:pk>", api.CohortOne.as_view(), name="api-cohort"),
    path(f"cohorts/<{ROW}:pk>/members", api.CohortMembers.as_view(), name="api-cohort-members"),
    path(f"cohorts/<{ROW}:pk>/runs", api.CohortRuns.as_view(), name="api-cohort-runs"),
    path(f"cohorts/<{ROW}:pk>/sizes", points.CohortSizes.as_view(), name="api-cohort-sizes"),
    path(
        f"cohorts/<{ROW}:pk>/reapplications",
        runs.CohortReapply.as_view(),
        name="api-cohort-reapply",
    ),
    path("import-runs", runs.RunList.as_view(), name="api-import-runs"),
    path(f"import-runs/<{ROW}:pk>", runs.RunOne.as_view(), name="api-import-run"),
    path(f"import-runs/<{ROW}:pk>/skipped", runs.RunSkipped.as_view(), name="api-run-skipped"),
    path(
        f"import-runs/<{ROW}:pk>/reapplications",
        runs.RunReapply.as_view(),
        name="api-run-reapply",
    ),
    path("import-groups", runs.GroupList.as_view(), name="api-import-groups"),
    path(f"import-groups/<{ROW}:pk>", runs.GroupOne.as_view(), name="api-import-group"),
    path(f"import-groups/<{ROW}:pk>/runs", runs.GroupRuns.as_view(), name="api-group-runs"),
    path("skipped-identifiers", runs.SkippedSearch.as_view(), name="api-skipped"),
    path("reapplications/<uuid:pk>", runs.ReapplyOne.as_view(), name="api-reapplication"),
    path("data-points", points.DataPointList.as_view(), name="api-data-points"),
]
