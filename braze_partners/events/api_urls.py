"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.events import api

urlpatterns = [
    path("event-types", api.EventTypeList.as_view(), name="api-event-types"),
]
