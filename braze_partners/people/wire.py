"""Identifiers as they stand in the bodies of Braze's endpoints: a text that is not empty, an alias
as an object. Pure: knows fields and the words of refusals; knows no database and no HTTP."""

from __future__ import annotations

from braze_partners.people import values
from braze_partners.people.changes import By, Who
from braze_partners.people.errors import ValueRefused

NO_ALIAS = "`user_alias` must be an object with `alias_name` and `alias_label`"


def who(by: By, value: object) -> Who:
    """Raises ValueRefused."""
    return Who(by, alias(value) if by is By.ALIAS else identifier(by, value))


def alias(value: object) -> tuple[str, str]:
    """Label and name. Raises ValueRefused."""
    if not isinstance(value, dict):
        raise ValueRefused(By.ALIAS, NO_ALIAS)
    label = identifier("alias_label", value.get("alias_label"))
    return label, identifier("alias_name", value.get("alias_name"))


def identifier(name: str, value: object) -> str:
    """Raises ValueRefused."""
    if not isinstance(value, str) or not value.strip():
        raise ValueRefused(name, f"`{name}` must be a text that is not empty")
    return values.identifier(name, value)
