"""The Braze-compatible endpoints of this room, below /campaigns/ and /canvas/."""

from __future__ import annotations

from django.urls import path

from braze_partners.messaging import wire_api

campaigns = [path("list", wire_api.CampaignsList.as_view(), name="braze-campaigns-list")]
canvases = [path("list", wire_api.CanvasList.as_view(), name="braze-canvas-list")]
