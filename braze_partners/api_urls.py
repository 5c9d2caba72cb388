"""The REST API under /api/: each room brings its own endpoints.

How to write one stands at the top of braze_partners/rest/views.py.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from braze_partners.rest.schema import DocsView, SchemaView

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("v1/", include("braze_partners.workspaces.api_urls")),
    path("v1/", include("braze_partners.keys.api_urls")),
    path("v1/", include("braze_partners.partners.api_urls")),
    path("v1/", include("braze_partners.webhooks.api_urls")),
    path("v1/", include("braze_partners.people.api_urls")),
    path("v1/", include("braze_partners.events.api_urls")),
    path("v1/", include("cohorts.api_urls")),
    path("v1/", include("cohorts.syncing.api_urls")),
    path("v1/", include("cohorts.segments.api_urls")),
    path("v1/", include("braze_partners.messaging.api_urls")),
    path("v1/", include("currents.api_urls")),
    path("v1/", include("braze_partners.dashboard.api_urls")),
]
