"""The profile card of a person's page: what is set, line by line, and what is not, in one.

Knows a profile and the labels of its fields; nothing of HTML or of how profiles are found.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from braze_partners.people.models import Profile


def profile_facts(profile: Profile) -> tuple[list[tuple[str, str]], list[str]]:
    """Label and value of each set field in the card's order; the labels of the others."""
    born = profile.date_of_birth
    fields = [
        (_("First name"), profile.first_name),
        (_("Last name"), profile.last_name),
        (_("E-mail"), profile.email),
        (_("Phone"), profile.phone),
        (_("Country"), profile.country),
        (_("Language"), profile.language),
        (_("City"), profile.home_city),
        (_("Time zone"), profile.time_zone),
        (_("Gender"), profile.gender),
        (_("Date of birth"), born.isoformat() if born else ""),
        (_("E-mail subscription"), profile.get_email_subscribe_display()),
        (_("Push subscription"), profile.get_push_subscribe_display()),
    ]
    known = [(label, value) for label, value in fields if value]
    return known, [label for label, value in fields if not value]
