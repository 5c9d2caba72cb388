"""What the kinds of identifiers are called. Knows words only."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.people.searching import By

WORDS: dict[By, str | Promise] = {
    By.EXTERNAL_ID: _("External ID"),
    By.ALIAS: _("Alias"),
    By.DEVICE: _("Device"),
    By.BRAZE_ID: _("Braze ID"),
    By.EMAIL: _("E-mail"),
    By.PHONE: _("Phone"),
}
CHOICES: list[tuple[str, str | Promise]] = [(by.value, words) for by, words in WORDS.items()]
