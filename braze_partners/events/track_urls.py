"""The Braze-compatible endpoint of this room, below /users/."""

from __future__ import annotations

from django.urls import path

from braze_partners.events import track_api

urlpatterns = [path("track", track_api.track, name="users-track")]
