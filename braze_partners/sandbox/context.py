"""What every page of the sandbox shows around its content, and where its messages travel."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.utils import timezone

from braze_partners.sandbox import state_files
from braze_partners.sandbox.faults import switching, wording


class SandboxMessages(CookieStorage):
    """Messages in a cookie of our own name, since there is neither a sign-in nor a session."""

    cookie_name = "sandbox_messages"


def shell(request: HttpRequest) -> dict[str, object]:
    words = [word for word in settings.PROJECT_NAME.split() if word]
    return {
        "project_name": settings.PROJECT_NAME,
        "project_initials": "".join(word[0] for word in words[:2]).upper(),
        "dashboard_address": state_files.dashboard_address(),
        "active_faults": wording.described(switching.switched_on(timezone.now())),
    }
