"""The screens of this room, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from braze_partners.dashboard.shell_urls import workspace_patterns

app_name = "dashboard"
urlpatterns: list[URLPattern | URLResolver] = [*workspace_patterns]
