"""A Current as somebody wants it, and whether that can be: a sentence for each field that can't.

Knows the catalogue and the regions that are offered; knows no rows and no requests.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from braze_partners.events import catalogue
from braze_partners.keys.pasting import strangers, without_hidden
from braze_partners.partners.amplitude.hosts import Region, regions
from currents.errors import DraftRefused
from currents.limits import MAX_API_KEY, MAX_CONTACT_EMAIL, MAX_NAME, MIN_API_KEY

ALL = "all"
# Unknown names and strange characters that a sentence quotes.
QUOTED = 3
NO_KEY = gettext_lazy("Enter the API key of the Amplitude project.")


class Stage(StrEnum):
    """How much of a draft must be there: a name; a contact and a key too; event types as well, and
    a region that is offered now. What is launched may lose all its types again."""

    DRAFT = "draft"
    LAUNCHED = "launched"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class Draft:
    """As it was typed. An empty `api_key` keeps the stored one."""

    name: str = ""
    contact_email: str = ""
    api_key: str = ""
    region: str = Region.US
    include_anonymous: bool = True
    event_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft that may be stored: tidied, without hidden characters, types in picker order.
    `removed` says how many hidden characters the key had."""

    name: str
    contact_email: str
    api_key: str
    region: str
    include_anonymous: bool
    event_types: tuple[str, ...]
    removed: int


def checked(
    draft: Draft,
    stage: Stage = Stage.DRAFT,
    *,
    stored_key: bool = False,
    stored_region: str = "",
) -> Checked:
    """A key that is stored need not be entered again, and a region that is stored may stay where
    it is no longer offered, until the launch. Raises DraftRefused."""
    key = without_hidden(draft.api_key)
    tidy = Checked(
        name=_one_line(draft.name),
        contact_email=draft.contact_email.strip(),
        api_key=key.text,
        region=draft.region,
        include_anonymous=draft.include_anonymous,
        event_types=in_picker_order(draft.event_types),
        removed=key.removed,
    )
    problems = dict(_problems(tidy, stage, stored_key, stored_region))
    if problems:
        raise DraftRefused(problems)
    return tidy


def checked_key(text: str, region: str, stored_region: str = "") -> Checked:
    """A key and where it is for, without the rest. Raises DraftRefused."""
    key = without_hidden(text)
    found = {
        "api_key": _key_problem(key.text, key.removed) or ("" if key.text else NO_KEY),
        "region": _region_problem(region, stored_region),
    }
    if problems := {field: str(sentence) for field, sentence in found.items() if sentence}:
        raise DraftRefused(problems)
    return Checked("", "", key.text, region, True, (), key.removed)


def in_picker_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each once; what the catalogue does not have comes last, for `checked` to refuse."""
    order = {name: place for place, name in enumerate(catalogue.event_types())}
    return tuple(sorted(dict.fromkeys(names), key=lambda name: (order.get(name, len(order)), name)))


def chosen_types(text: str) -> tuple[str, ...]:
    """`all`, or names with commas between them, as a command gives them."""
    if text.strip().lower() == ALL:
        return tuple(catalogue.event_types())
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _one_line(text: str) -> str:
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    return " ".join(kept.split())


def _problems(
    tidy: Checked, stage: Stage, stored_key: bool, stored_region: str
) -> Iterator[tuple[str, str]]:
    launching = stage == Stage.LAUNCH
    found = {
        "name": _name_problem(tidy.name),
        "contact_email": _email_problem(tidy.contact_email, stage != Stage.DRAFT),
        "api_key": _key_problem(tidy.api_key, tidy.removed),
        "region": _region_problem(tidy.region, "" if launching else stored_region),
        "event_types": _types_problem(tidy.event_types, launching),
    }
    if stage != Stage.DRAFT and not (tidy.api_key or stored_key or found["api_key"]):
        found["api_key"] = str(NO_KEY)
    yield from ((field, sentence) for field, sentence in found.items() if sentence)


def _name_problem(name: str) -> str:
    if not name:
        return _("Enter a name for the integration.")
    if len(name) > MAX_NAME:
        return _("Enter a name of at most %(most)s characters.") % {"most": MAX_NAME}
    return ""


def _email_problem(address: str, needed: bool) -> str:
    if not address:
        sentence = _("Enter the e-mail address that is told when Amplitude refuses the key.")
        return sentence if needed else ""
    try:
        validate_email(address)
    except ValidationError:
        return _("Enter a complete e-mail address, like name@example.com.")
    if len(address) > MAX_CONTACT_EMAIL:
        return _("Enter an e-mail address of at most 254 characters.")
    return ""


def _key_problem(key: str, removed: int) -> str:
    """Empty for a key that may be stored, and for none."""
    if not key:
        return _("Only hidden characters were entered. Copy the key again.") if removed else ""
    if strange := strangers(key):
        return _("No API key has %(characters)s in it. Copy it again from Amplitude.") % {
            "characters": " ".join(strange[:QUOTED])
        }
    if len(key) < MIN_API_KEY:
        return _("An API key has at least %(least)s characters. Copy all of it.") % {
            "least": MIN_API_KEY
        }
    if len(key) > MAX_API_KEY:
        return _("An API key has at most %(most)s characters. Copy only the key.") % {
            "most": MAX_API_KEY
        }
    return ""


def _region_problem(region: str, stored: str) -> str:
    if region in regions(stored):
        return ""
    if region == Region.SANDBOX:
        return _("The sandbox is not enabled here. Choose another region.")
    return _("Choose a region: %(regions)s.") % {"regions": ", ".join(regions())}


def _types_problem(names: tuple[str, ...], needed: bool) -> str:
    if unknown := catalogue.unknown(names):
        quoted = ", ".join(name[:80] for name in unknown[:QUOTED])
        more = " …" if len(unknown) > QUOTED else ""
        return _("There is no such event type: %(types)s") % {"types": quoted + more}
    return _("Select at least one event type.") if needed and not names else ""
