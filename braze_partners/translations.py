"""Collects the words of Python and templates into catalogues, and says what they lack.

Knows Babel and the folders of sources; needs no GNU gettext. Compiling is the supervisor's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SOURCES = ("braze_partners", "cohorts", "currents", "templates")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = (
    "# Braze Partners. Collected by `manage.py messages`; the translations are written by hand."
)
# Line numbers are left out, so that a moved line changes no catalogue.
FIXED_DATE = datetime(2026, 1, 1, tzinfo=UTC)
# French typography (docs/components.md): no plain space before : ; ! ? % », nor a straight '.
# The % of a placeholder, %(name)s or %d, is none.
FRENCH_SPACES = re.compile(r"[ ](?=[:;!?»]|%(?!%?\(|[sd]))|«[ ]|(?<=\w)'(?=\w)")


def source_files(root: Path) -> Iterator[Path]:
    for folder in SOURCES:
        yield from sorted(
            path for path in (root / folder).rglob("*") if path.suffix in {".py", ".html", ".txt"}
        )


def _as_python(path: Path) -> bytes:
    """A template as something Babel reads as Python; indentation would only confuse it."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return source.encode()
    lines = templatize(source, origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines).encode()


def collect(root: Path) -> Catalog:
    """Every message of the sources with the files that say it."""
    catalog = Catalog(charset="utf-8")
    for path in source_files(root):
        place = path.relative_to(root).as_posix()
        found = extract("python", BytesIO(_as_python(path)), KEYWORDS, ["Translators:"], {})
        for _line, message, comments, context in found:
            catalog.add(message, None, [(place, 0)], auto_comments=comments, context=context)
    return catalog


def read_catalogue(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write_catalogue(path: Path, catalog: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog.header_comment, catalog.fuzzy = HEADER, False
    catalog.project, catalog.version = "Braze Partners", "1"
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = "-"
    catalog.creation_date = catalog.revision_date = FIXED_DATE
    with path.open("wb") as file:
        write_po(
            file,
            catalog,
            width=100,
            sort_by_file=True,
            ignore_obsolete=True,
            include_lineno=False,
        )


def updated(known: Catalog, collected: Catalog) -> Catalog:
    """The known translations with new messages empty and vanished ones gone."""
    known.update(collected, no_fuzzy_matching=True, update_creation_date=False)
    known.obsolete.clear()
    return known


def _texts(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text or "" for text in strings]


def _name(message: Message) -> str:
    key = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}: {key}" if message.context else key


def complaints(known: Catalog, collected: Catalog) -> list[str]:
    """What a translator has to do before the catalogue is whole."""
    found: list[str] = []
    for wanted in collected:
        if not wanted.id:
            continue
        message = known.get(wanted.id, wanted.context)
        if message is None:
            found.append(f"missing: {_name(wanted)}")
        elif message.fuzzy:
            found.append(f"fuzzy: {_name(message)}")
        elif not all(_texts(message)):
            found.append(f"untranslated: {_name(message)}")
        else:
            found.extend(_flaws(message, known))
    return found


def _flaws(message: Message, catalog: Catalog) -> Iterator[str]:
    for error in message.check(catalog):
        yield f"{error}: {_name(message)}"
    if str(catalog.locale).startswith("fr"):
        for text in _texts(message):
            if FRENCH_SPACES.search(text):
                yield f"French spaces or apostrophe: {text}"
