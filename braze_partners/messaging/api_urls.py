"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.messaging import api

urlpatterns = [
    path("campaigns", api.CampaignList.as_view(), name="api-campaigns"),
    path("campaigns/<uuid:pk>", api.CampaignOne.as_view(), name="api-campaign"),
    path(
        "campaigns/<uuid:pk>/audience", api.CampaignAudience.as_view(), name="api-campaign-audience"
    ),
    path("canvases", api.CanvasList.as_view(), name="api-canvases"),
    path("canvases/<uuid:pk>", api.CanvasOne.as_view(), name="api-canvas"),
    path("canvases/<uuid:pk>/audience", api.CanvasAudience.as_view(), name="api-canvas-audience"),
    path("audiences/size", api.UnsavedAudience.as_view(), name="api-audience-size-unsaved"),
]
