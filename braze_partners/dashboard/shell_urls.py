"""Addresses of the shell: below a workspace, and those that anyone may use."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, path

from braze_partners.dashboard import preferences, shell
from braze_partners.dashboard.components_page import components_page

workspace_patterns: list[URLPattern] = [
    path("attention/", shell.attention_menu, name="attention"),
]
if settings.DEBUG:
    workspace_patterns.append(path("components/", components_page, name="components"))

urlpatterns: list[URLPattern] = [
    path("preferences/language/", preferences.set_language, name="set-language"),
    path("preferences/theme/", preferences.set_theme, name="set-theme"),
]
