"""The screens of this room, below /w/<workspace>/settings/keys/."""

from __future__ import annotations

from django.urls import path

from braze_partners.keys import views
from braze_partners.rest.converters import ROW

app_name = "keys"
urlpatterns = [
    path("", views.rest_keys, name="rest"),
    path(f"<{ROW}:pk>/rotate/", views.rotate_rest_key, name="rotate_rest"),
    path(f"<{ROW}:pk>/invalidate/", views.invalidate_rest_key, name="invalidate_rest"),
]
