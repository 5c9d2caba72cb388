"""One row of what needs attention. Knows no room."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One row: what happened (with a link), its facts, and the one thing to do. `section` names
    the entry of the navigation that carries its number, if any; an urgent one's act is primary."""

    icon: str
    tone: str
    title: str | Promise
    facts: str | Promise
    url: str
    action: str | Promise
    section: str = ""
    is_urgent: bool = False
