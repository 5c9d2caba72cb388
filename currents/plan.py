"""What a claim must know of its Current, as of the moment of sending. Knows the row, settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from braze_partners.keys import credentials
from currents.amplitude.limits import MAX_REQUEST_BYTES
from currents.models import CredentialFailure, Current
from currents.states import REFUSED, SEEING, SENDING, State

# Bytes of a request around its events: key, options, braces.
ENVELOPE_BYTES = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """`refused_since` is when Amplitude began to refuse the credentials, if it still does;
    `changed_at` is the version of the settings."""

    current_id: int
    workspace_id: int
    name: str
    region: str
    api_key: str
    project: str
    selected: frozenset[str]
    include_anonymous: bool
    request_bytes: int
    failures: int
    unexpected_since: datetime | None
    counted: int
    refused_since: datetime | None
    probing: bool
    slow: bool
    changed_at: datetime

    @property
    def room(self) -> int:
        """Bytes of events that a request may have."""
        return self.request_bytes - ENVELOPE_BYTES - len(self.api_key)

    def dropped_before(self, now: datetime) -> datetime | None:
        """Events received before this have waited longer than the window since the failure began
        or since they came, whichever is later; None while nothing is to be dropped."""
        window = credentials_window()
        if self.refused_since is None or self.refused_since + window > now:
            return None
        return now - window


def credentials_window() -> timedelta:
    return timedelta(hours=settings.CREDENTIALS_WINDOW_HOURS)


def read_plan(current: Current, *, any_state: bool = False) -> Plan | None:
    """None for a Current that does not send (of `any_state`: that sees nothing)."""
    if current.state not in (SEEING if any_state else SENDING) or not current.api_key:
        return None
    refused = State(current.state) in REFUSED
    return Plan(
        current_id=current.pk,
        workspace_id=current.workspace_id,
        name=current.name,
        region=current.region,
        api_key=credentials.decrypt(current.api_key),
        project=current.project,
        selected=frozenset(current.event_types),
        include_anonymous=current.include_anonymous,
        request_bytes=current.request_bytes or MAX_REQUEST_BYTES,
        failures=current.failures,
        unexpected_since=current.unexpected_since,
        counted=current.counted_sequence,
        refused_since=_refused_since(current) if refused else None,
        probing=refused,
        slow=current.slow,
        changed_at=current.changed_at,
    )


def _refused_since(current: Current) -> datetime | None:
    began = CredentialFailure.objects.filter(current_id=current.pk, ended_at=None)
    return began.values_list("began_at", flat=True).first()
