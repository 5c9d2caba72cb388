"""The Braze-compatible endpoints of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from cohorts import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:partner>/cohorts", api.cohorts, name="partner-cohorts"),
    path("<str:partner>/cohorts/users", api.cohorts_users, name="partner-cohorts-users"),
]
