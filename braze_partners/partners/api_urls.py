"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.partners import api, api_keys, api_projects
from braze_partners.rest.converters import ROW

urlpatterns = [
    path("partners", api.PartnerList.as_view(), name="api-partners"),
    path("partners/<slug:slug>", api.PartnerOne.as_view(), name="api-partner"),
    path("import-keys", api_keys.ImportKeyList.as_view(), name="api-import-keys"),
    path(
        f"import-keys/<{ROW}:pk>/rotate",
        api_keys.ImportKeyRotate.as_view(),
        name="api-import-key-rotate",
    ),
    path(
        f"import-keys/<{ROW}:pk>",
        api_keys.ImportKeyOne.as_view(),
        name="api-import-key",
    ),
    path("amplitude-projects", api_projects.ProjectList.as_view(), name="api-amplitude-projects"),
    path(
        f"amplitude-projects/<{ROW}:pk>",
        api_projects.ProjectOne.as_view(),
        name="api-amplitude-project",
    ),
    path(
        f"amplitude-projects/<{ROW}:pk>/keys",
        api_projects.ProjectKeys.as_view(),
        name="api-amplitude-project-keys",
    ),
    path(
        f"amplitude-projects/<{ROW}:pk>/test",
        api_projects.ProjectTest.as_view(),
        name="api-amplitude-project-test",
    ),
    path(
        f"amplitude-projects/<{ROW}:pk>/cohorts",
        api_projects.ProjectCohorts.as_view(),
        name="api-amplitude-project-cohorts",
    ),
]
