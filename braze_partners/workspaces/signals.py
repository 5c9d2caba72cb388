"""What happens beside a sign-in: the session learns from where it was made."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from braze_partners.workspaces.sessions import note_sign_in


@receiver(user_logged_in)
def remember_sign_in(request: HttpRequest, **_kwargs: Any) -> None:
    note_sign_in(request, timezone.now())
