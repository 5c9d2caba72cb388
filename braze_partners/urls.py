"""Where each room's addresses begin."""

from __future__ import annotations

from django.urls import include, path

from braze_partners.messaging import urls as messaging
from braze_partners.messaging import wire_urls as messaging_wire

screens = [
    path("", include("braze_partners.dashboard.urls")),
    path("cohorts/syncs/", include("cohorts.syncing.urls")),
    path("cohorts/", include("cohorts.urls")),
    path("segments/", include("cohorts.segments.urls")),
    path("campaigns/", include(messaging.campaigns)),
    path("canvas/", include(messaging.canvases)),
    path("currents/", include("currents.urls")),
    path("people/", include("braze_partners.people.urls")),
    path("settings/keys/", include("braze_partners.keys.urls")),
    path("settings/amplitude-projects/", include("braze_partners.partners.urls")),
    path("settings/webhooks/", include("braze_partners.webhooks.urls")),
    path("settings/", include("braze_partners.workspaces.urls")),
]

handler404 = "braze_partners.rest.edge.not_found"
handler500 = "braze_partners.dashboard.error_pages.server_error"

urlpatterns = [
    path("", include("braze_partners.health")),
    path("", include("braze_partners.workspaces.urls_public")),
    path("", include("braze_partners.dashboard.shell_urls")),
    path("w/<slug:workspace>/", include(screens)),
    path("partners/", include("cohorts.wire_urls")),
    path("segments/", include("cohorts.segments.wire_urls")),
    path("campaigns/", include(messaging_wire.campaigns)),
    path("canvas/", include(messaging_wire.canvases)),
    path("currents/", include("braze_partners.events.wire_urls")),
    path("events/", include("braze_partners.events.list_urls")),
    path("users/", include("braze_partners.events.track_urls")),
    path("users/", include("braze_partners.people.wire_urls")),
    path("users/", include("cohorts.segments.user_wire_urls")),
    path("api/", include("braze_partners.api_urls")),
]
