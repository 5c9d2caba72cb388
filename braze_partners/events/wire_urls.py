"""The address of events in the Currents format."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from braze_partners.events import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("events", api.currents_events, name="currents-events"),
]
