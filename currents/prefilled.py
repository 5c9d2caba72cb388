"""A draft that leads into the sandbox beside us, so that a newcomer need not look for its key.
Knows what `make up` has written; stores nothing."""

from __future__ import annotations

from django.utils.translation import gettext as _

from braze_partners.events import catalogue
from braze_partners.partners.amplitude.hosts import Region, sandbox_is_offered
from braze_partners.running import run_file
from currents.drafts import Draft


def sandbox_draft(contact_email: str) -> Draft | None:
    """Every event of the core, to the sandbox that runs; None where there is none."""
    key = run_file().get("sandbox_api_key", "")
    if not key or not sandbox_is_offered():
        return None
    return Draft(
        name=_("Everything → Amplitude sandbox"),
        contact_email=contact_email,
        api_key=key,
        region=Region.SANDBOX,
        event_types=tuple(kind.name for kind in catalogue.event_types().values() if kind.core),
    )
