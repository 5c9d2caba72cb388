"""Makes the project itself an app: its start-up checks are registered, and tasks bind to its Celery
app. Not in `__init__`, which the sandbox's process passes through as well."""

from __future__ import annotations

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "braze_partners"
    label = "foundation"

    def ready(self) -> None:
        from braze_partners import celery, checks  # noqa: F401
