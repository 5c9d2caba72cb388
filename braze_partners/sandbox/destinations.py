"""Destinations > Braze: the endpoint and key that people enter, stored, masked and tested."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from braze_partners.sandbox import braze, vault
from braze_partners.sandbox.endpoint_gate import EndpointRefused
from braze_partners.sandbox.models import Cadence, CohortLink, Destination
from braze_partners.sandbox.retrying import Answer

KEY_UNREADABLE = gettext_noop("The stored key cannot be read any more; enter it again.")


class DestinationRefused(Exception):
    """The destination cannot be saved; `field` names the box and the text says what to enter."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def current() -> Destination | None:
    return Destination.objects.filter(pk=Destination.ONLY).first()


def save(key: str, rest_endpoint: str, now: datetime) -> Destination:
    """Stores what was entered; an empty key keeps the one that is there."""
    held = current()
    try:
        endpoint, _addresses = braze.admitted(rest_endpoint)
    except EndpointRefused as refused:
        raise DestinationRefused("rest_endpoint", str(refused)) from refused
    key = key.strip()
    if not key and not held:
        raise DestinationRefused("api_key", _("Enter the data import key of Braze Partners."))
    if key and (len(key) > 500 or not key.isprintable()):
        raise DestinationRefused("api_key", _("This does not look like a data import key."))
    saved = held or Destination(pk=Destination.ONLY)
    saved.rest_endpoint, saved.saved_at = endpoint.origin, now
    if key and key != (held and key_of(held)):
        saved.known_as = endpoint.origin  # another key at another address is another Braze
        saved.encrypted_key, saved.masked_key = vault.encrypt(key), braze.masked(key)
    saved.tested_at, saved.test_status, saved.test_message = None, None, ""
    with transaction.atomic():
        saved.save()
        _end_other_schedules(saved)
    return saved


def test(destination: Destination, now: datetime) -> Answer:
    """Asks the other side whether it takes the key, and keeps what it said."""
    key = key_of(destination)
    if key is None:
        answer = Answer(None, _(KEY_UNREADABLE), 0, not_allowed=True)
    else:
        answer = braze.test_key(destination.rest_endpoint, key)
    destination.tested_at, destination.test_status = now, answer.status
    destination.test_message = answer.message[:300]
    destination.save(update_fields=["tested_at", "test_status", "test_message"])
    if destination.accepted and destination.known_as != destination.rest_endpoint:
        _move_links(destination)
    return answer


def key_of(destination: Destination) -> str | None:
    """The key itself, for a call; None when the key file is another than it was saved with."""
    try:
        return vault.decrypt(bytes(destination.encrypted_key))
    except vault.KeyUnreadable:
        return None


def _end_other_schedules(destination: Destination) -> None:
    """A schedule was made for an endpoint; it does not move to another by itself."""
    CohortLink.objects.exclude(rest_endpoint=destination.known_as).update(
        cadence=Cadence.ONE_TIME, next_run_at=None
    )


def _move_links(destination: Destination) -> None:
    """The same Braze answers at a new address: what it holds of our cohorts is still known."""
    with transaction.atomic():
        CohortLink.objects.filter(rest_endpoint=destination.rest_endpoint).delete()
        CohortLink.objects.filter(rest_endpoint=destination.known_as).update(
            rest_endpoint=destination.rest_endpoint
        )
        destination.known_as = destination.rest_endpoint
        destination.save(update_fields=["known_as"])
