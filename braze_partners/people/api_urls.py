"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.people import api, api_identity

urlpatterns = [
    path("people", api.PeopleList.as_view(), name="api-people"),
    path("people/imports", api.ImportList.as_view(), name="api-people-imports"),
    path("people/imports/<int:pk>", api.ImportOne.as_view(), name="api-people-import"),
    path(
        "people/imports/<int:pk>/refused",
        api.ImportProblems.as_view(),
        name="api-people-import-refused",
    ),
    path(
        "people/<str:braze_id>/identify",
        api_identity.PersonIdentify.as_view(),
        name="api-person-identify",
    ),
    path(
        "people/<str:braze_id>/merge", api_identity.PersonMerge.as_view(), name="api-person-merge"
    ),
    path("people/<str:braze_id>", api.PersonOne.as_view(), name="api-person"),
]
