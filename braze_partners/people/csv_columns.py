"""What the columns of a CSV of people mean, and how a line of it becomes a person.

Knows the reserved names and the attributes' types; knows no file and no database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from braze_partners.people import values
from braze_partners.people.attributes import Type
from braze_partners.people.errors import PeopleError, ValueRefused
from braze_partners.people.limits import MAX_COLUMNS
from braze_partners.people.profiles import NewDevice, NewPerson


class HeaderRefused(PeopleError):
    """The file's first line can't be used, so nothing of it can."""


class Meaning(StrEnum):
    EXTERNAL_ID = "external_id"
    DEVICE_ID = "device_id"
    PUSH_ENABLED = "push_enabled"
    ALIAS_LABEL = "alias_label"
    ALIAS_NAME = "alias_name"
    FIELD = "field"
    ATTRIBUTE = "attribute"


IDENTITY = {
    Meaning.EXTERNAL_ID,
    Meaning.DEVICE_ID,
    Meaning.PUSH_ENABLED,
    Meaning.ALIAS_LABEL,
    Meaning.ALIAS_NAME,
}


@dataclass(slots=True, frozen=True)
class Column:
    name: str
    meaning: Meaning


def read_header(cells: Sequence[str]) -> list[Column]:
    """Raises HeaderRefused: no header, no identity, a name twice, empty or too long."""
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise HeaderRefused(_("The file is empty: its first line must name the columns."))
    if len(names) > MAX_COLUMNS:
        raise HeaderRefused(_("A file has at most %d columns.") % MAX_COLUMNS)
    columns = [_column(position, name) for position, name in enumerate(names, start=1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise HeaderRefused(_("The column “%s” stands twice in the header.") % twice[0])
    _check_identity({column.meaning for column in columns})
    return columns


def _column(position: int, name: str) -> Column:
    if not name:
        raise HeaderRefused(_("Column %d of the header has no name.") % position)
    lower = name.lower()
    if lower in IDENTITY:
        return Column(lower, Meaning(lower))
    if lower in values.FIELDS:
        return Column(lower, Meaning.FIELD)
    try:
        return Column(values.name(name, name), Meaning.ATTRIBUTE)
    except ValueRefused as refused:
        raise HeaderRefused(str(refused)) from None


def _check_identity(there: set[Meaning]) -> None:
    if (Meaning.ALIAS_LABEL in there) != (Meaning.ALIAS_NAME in there):
        raise HeaderRefused(_("“alias_label” and “alias_name” belong together."))
    if Meaning.PUSH_ENABLED in there and Meaning.DEVICE_ID not in there:
        raise HeaderRefused(_("“push_enabled” needs the column “device_id”."))
    if not there & {Meaning.EXTERNAL_ID, Meaning.DEVICE_ID, Meaning.ALIAS_NAME}:
        raise HeaderRefused(
            _(
                "The first line must name the columns, “external_id” (or device_id, or alias_label"
                " and alias_name) among them."
            )
        )


def guess_types(columns: Sequence[Column], sample: Sequence[Sequence[str]]) -> dict[str, Type]:
    """The type of each attribute column by its cells; lines of another length don't count."""
    whole = [cells for cells in sample if len(cells) == len(columns)]
    return {
        column.name: values.guess(cells[position].strip() for cells in whole)
        for position, column in enumerate(columns)
        if column.meaning == Meaning.ATTRIBUTE
    }


def read_line(
    columns: Sequence[Column], types: Mapping[str, Type], cells: Sequence[str]
) -> NewPerson:
    """The person of one line. An empty cell says nothing, so it changes nothing.

    Raises ValueRefused with the column and the reason.
    """
    if len(cells) != len(columns):
        raise ValueRefused(
            "",
            _("This line has %(cells)d cells; the header names %(columns)d.")
            % {"cells": len(cells), "columns": len(columns)},
        )
    person = NewPerson()
    identity: dict[Meaning, str] = {}
    for column, cell in zip(columns, cells, strict=True):
        text = cell.strip()
        if not text:
            continue
        if column.meaning == Meaning.ATTRIBUTE:
            value = values.attribute(column.name, types[column.name], text)
            person.attributes[column.name] = value
        elif column.meaning == Meaning.FIELD:
            name, read = values.FIELDS[column.name]
            person.fields[name] = read(text)
        else:
            identity[column.meaning] = text
    _identify(person, identity)
    return person


def _identify(person: NewPerson, identity: Mapping[Meaning, str]) -> None:
    if Meaning.EXTERNAL_ID in identity:
        person.external_id = values.external_id(identity[Meaning.EXTERNAL_ID])
    if Meaning.DEVICE_ID in identity:
        push = identity.get(Meaning.PUSH_ENABLED, "false")
        enabled = values.boolean(Meaning.PUSH_ENABLED, push)
        device_id = values.name(Meaning.DEVICE_ID, identity[Meaning.DEVICE_ID])
        person.devices.append(NewDevice(device_id, enabled))
    label, name = identity.get(Meaning.ALIAS_LABEL), identity.get(Meaning.ALIAS_NAME)
    if (label is None) != (name is None):
        raise ValueRefused("alias_name", _("An alias needs its label and its name."))
    if label is not None and name is not None:
        person.aliases.append(
            (values.name(Meaning.ALIAS_LABEL, label), values.name(Meaning.ALIAS_NAME, name))
        )
    if person.external_id is None and not person.devices and not person.aliases:
        raise ValueRefused("external_id", _("This line names nobody."))
