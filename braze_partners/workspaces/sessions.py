"""Where browser sessions are kept: the database, with the person they belong to.

Named by SESSION_ENGINE; knows nothing of what a session is used for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest

from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.limits import MAX_BROWSER_LENGTH
from braze_partners.workspaces.models import Account, BrowserSession

SIGN_IN_NOTE = "signed_in"

# Looked for in this order: many browsers also name the ones they descend from.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:  # type: ignore[override]
        return BrowserSession

    def create_model_instance(self, data: dict[str, Any]) -> BrowserSession:  # type: ignore[override]
        row: BrowserSession = super().create_model_instance(data)  # type: ignore[assignment]
        if SESSION_KEY in data:
            row.account_id = int(data[SESSION_KEY])
        note = data.get(SIGN_IN_NOTE)
        if note:
            row.address, row.browser = note["address"], note["browser"]
            row.signed_in_at = datetime.fromisoformat(note["at"])
        return row


def note_sign_in(request: HttpRequest, now: datetime) -> None:
    """Remembers in the new session when, from where and with what the person signed in."""
    request.session[SIGN_IN_NOTE] = {
        "at": now.isoformat(),
        "address": client_address(request),
        "browser": request.headers.get("User-Agent", "")[:MAX_BROWSER_LENGTH],
    }


@dataclass(frozen=True, slots=True)
class OpenSession:
    handle: str
    browser: str
    address: str | None
    signed_in_at: datetime | None
    expires_at: datetime
    current: bool


def open_sessions(account: Account, current_key: str | None, now: datetime) -> list[OpenSession]:
    """The person's own sessions, newest first; a handle names one without giving its key away."""
    rows = BrowserSession.objects.filter(account=account, expire_date__gt=now)
    return [
        OpenSession(
            _handle(row.session_key),
            browser_in_words(row.browser),
            row.address,
            row.signed_in_at,
            row.expire_date,
            row.session_key == current_key,
        )
        for row in rows.order_by("-signed_in_at", "session_key")
    ]


def end_session(account: Account, handle: str) -> bool:
    keys = BrowserSession.objects.filter(account=account).values_list("session_key", flat=True)
    named = [key for key in keys if _handle(key) == handle]
    return BrowserSession.objects.filter(account=account, session_key__in=named).delete()[0] > 0


def end_sessions(account: Account, keep_key: str | None = None) -> int:
    """Signs the person out everywhere, but for the session with `keep_key`."""
    rows = BrowserSession.objects.filter(account=account)
    return rows.exclude(session_key=keep_key or "").delete()[0]


def forget_expired_sessions(now: datetime) -> int:
    return BrowserSession.objects.filter(expire_date__lt=now).delete()[0]


def browser_in_words(agent: str) -> str:
    """`Firefox, Linux` from what a browser calls itself; an empty string where nothing is known."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system)))


def _handle(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:16]
