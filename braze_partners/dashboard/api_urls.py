"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.dashboard import person_api

PERSON = "people/<str:braze_id>"

urlpatterns = [
    path(f"{PERSON}/cohorts", person_api.PersonCohorts.as_view(), name="api-person-cohorts"),
    path(f"{PERSON}/segments", person_api.PersonSegments.as_view(), name="api-person-segments"),
    path(f"{PERSON}/events", person_api.PersonEvents.as_view(), name="api-person-events"),
    path(f"{PERSON}/amplitude", person_api.PersonAmplitude.as_view(), name="api-person-amplitude"),
]
