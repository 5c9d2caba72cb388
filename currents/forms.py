"""What the form of a Current carries, read from a request. Knows field names; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict

from braze_partners.events import catalogue
from braze_partners.keys.carrying import opened
from braze_partners.keys.pasting import without_hidden
from braze_partners.partners.amplitude.hosts import Region
from currents import picking
from currents.drafts import Draft

SAVE, LAUNCH, TEST, SHOW = "save", "launch", "test", "show"
ALL, NONE = "all", "none"


@dataclass(frozen=True, slots=True)
class Typed:
    """`version` is the one that the form was opened with, `tested` the latest test's id, `removed`
    the hidden characters that the key had, `previewed` the type whose payload is shown."""

    draft: Draft
    act: str = SAVE
    version: int | None = None
    tested: int | None = None
    removed: int = 0
    previewed: str = ""


def read(workspace_id: int, data: QueryDict) -> Typed:
    typed = data.get("api_key", "")
    removed = without_hidden(typed).removed if typed else _number(data.get("removed")) or 0
    draft = Draft(
        name=data.get("name", ""),
        contact_email=data.get("contact_email", ""),
        api_key=typed or opened(workspace_id, data.get("kept_key", "")),
        region=data.get("region", Region.US),
        include_anonymous=data.get("include_anonymous") == "1",
        event_types=tuple(data.getlist("event")),
    )
    return Typed(
        draft=draft,
        act=data.get("act", SAVE),
        version=_number(data.get("version")),
        tested=_number(data.get("tested")),
        removed=removed,
        previewed=data.get("preview", ""),
    )


def acted(typed: Typed) -> Typed:
    """After *Select all* or *Select none* of a category or a group, where no script does it."""
    verb, _colon, of = typed.act.partition(":")
    if verb not in (ALL, NONE):
        return typed
    meant = {kind.name for kind in catalogue.event_types().values() if _is_of(of, kind)}
    chosen = set(typed.draft.event_types)
    chosen = chosen | meant if verb == ALL else chosen - meant
    names = tuple(name for name in catalogue.event_types() if name in chosen)
    return replace(typed, draft=replace(typed.draft, event_types=names))


def _is_of(of: str, kind: catalogue.EventType) -> bool:
    category, _slash, group = of.partition("/")
    return category == kind.category and group in ("", kind.group)


def default_preview(chosen: tuple[str, ...]) -> str:
    """The first chosen type, else the first of all."""
    known = [name for name in chosen if catalogue.is_known(name)]
    return known[0] if known else next(picking.categories()[0].types()).name


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
