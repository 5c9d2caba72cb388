"""The screens of this room, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "segments"
urlpatterns: list[URLPattern | URLResolver] = []
