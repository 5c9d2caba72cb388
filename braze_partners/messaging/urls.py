"""The screens of campaigns and Canvases, below /w/<workspace>/campaigns/ and …/canvas/."""

from __future__ import annotations

from django.urls import URLPattern, path

from braze_partners.messaging import editor_views, journey_views, views
from braze_partners.messaging.models import Outreach


def _addresses(kind: str) -> list[URLPattern]:
    given = {"kind": kind}
    return [
        path("", views.outreach_list, given, name="list"),
        path("archive/", views.archive, given, name="archive"),
        path("create/", editor_views.create, given, name="create"),
        path("<uuid:pk>/", views.detail, given, name="detail"),
        path("<uuid:pk>/edit/", editor_views.edit, given, name="edit"),
        path("<uuid:pk>/target/", editor_views.target, given, name="target"),
        path(
            "<uuid:pk>/target/preview/", editor_views.target_preview, given, name="target_preview"
        ),
        path("<uuid:pk>/state/", views.change_state, given, name="state"),
        path("<uuid:pk>/duplicate/", views.duplicate, given, name="duplicate"),
    ]


_CANVAS = {"kind": Outreach.Kind.CANVAS}
campaigns = (_addresses(Outreach.Kind.CAMPAIGN), "campaigns")
canvases = (
    [
        *_addresses(Outreach.Kind.CANVAS),
        path("<uuid:pk>/steps/", journey_views.steps, _CANVAS, name="steps"),
        path(
            "<uuid:pk>/steps/preview/", journey_views.steps_preview, _CANVAS, name="steps_preview"
        ),
    ],
    "canvas",
)
