"""The Braze-compatible endpoint of this room, below /events/."""

from __future__ import annotations

from django.urls import path

from braze_partners.events import list_api

urlpatterns = [path("list", list_api.EventsList.as_view(), name="braze-events-list")]
