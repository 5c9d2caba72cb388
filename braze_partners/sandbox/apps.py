"""Registers the sandbox's models under their own label."""

from __future__ import annotations

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "braze_partners.sandbox"
    label = "sandbox"
