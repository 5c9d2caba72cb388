"""Pages outside any workspace: sign-in, password reset, invitations."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
