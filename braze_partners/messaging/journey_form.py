"""The form of a Canvas's steps and variants as plain values: read from what was posted, changed by
one act of the page, turned into a draft's parts.

Knows how fields are named and that a form may be half filled in; knows neither the database nor
HTML. Every act also works without scripts.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from braze_partners.messaging import limits
from braze_partners.messaging.checking import even_shares
from braze_partners.messaging.drafts import Draft, Step, Variant
from braze_partners.messaging.errors import FieldRefused
from braze_partners.messaging.models import Channel


@dataclass(slots=True)
class EditedStep:
    key: str
    id: str = ""
    name: str = ""
    channel: str = Channel.EMAIL.value
    variant: str = ""  # the key of the only one that has it


@dataclass(slots=True)
class EditedVariant:
    key: str
    id: str = ""
    name: str = ""
    share: str = ""


Shape = tuple[str, ...]
Entry = TypeVar("Entry", EditedStep, EditedVariant)


@dataclass(slots=True)
class EditedJourney:
    """A form as it stands, complete or not."""

    steps: list[EditedStep] = field(default_factory=list)
    variants: list[EditedVariant] = field(default_factory=list)
    control: str = "0"
    focus: str = ""

    @property
    def total(self) -> int | None:
        """What the shares add up to; None while one of them is no whole number."""
        shares = [_whole(each) for each in (*(one.share for one in self.variants), self.control)]
        known = [each for each in shares if each is not None]
        return sum(known) if len(known) == len(shares) else None

    @property
    def complete(self) -> bool:
        return self.total == limits.WHOLE

    def places(self) -> dict[str, str]:
        """From a place that was refused (`steps[0].name`) to the field's id on the page."""
        found = {"control_share": "control-share", "variants": "variants", "steps": "steps"}
        for at, step in enumerate(self.steps):
            found[f"steps[{at}].name"] = f"step-name-{step.key}"
            found[f"steps[{at}].channel"] = f"step-channel-{step.key}"
            found[f"steps[{at}].variant"] = f"step-variant-{step.key}"
        for at, variant in enumerate(self.variants):
            found[f"variants[{at}].name"] = f"variant-name-{variant.key}"
            found[f"variants[{at}].share"] = f"variant-share-{variant.key}"
        return found


def of_draft(draft: Draft) -> EditedJourney:
    """The form of what is saved, nothing edited yet."""
    keys = {each.name: f"v{at}" for at, each in enumerate(draft.variants, 1)}
    return EditedJourney(
        [
            EditedStep(
                f"s{at}", str(each.id or ""), each.name, each.channel, keys.get(each.variant, "")
            )
            for at, each in enumerate(draft.steps, 1)
        ],
        [
            EditedVariant(f"v{at}", str(each.id or ""), each.name, str(each.share))
            for at, each in enumerate(draft.variants, 1)
        ],
        str(draft.control_share),
    )


def read(posted: QueryDict) -> EditedJourney:
    """Steps and variants in the order in which they stand on the page."""

    def text(name: str) -> str:
        return str(posted.get(name, ""))

    return EditedJourney(
        [
            EditedStep(
                key,
                text(f"step-id-{key}"),
                text(f"step-name-{key}"),
                text(f"step-channel-{key}"),
                text(f"step-variant-{key}"),
            )
            for key in dict.fromkeys(posted.getlist("step")[: limits.MAX_STEPS + 1])
        ],
        [
            EditedVariant(
                key,
                text(f"variant-id-{key}"),
                text(f"variant-name-{key}"),
                text(f"variant-share-{key}").strip(),
            )
            for key in dict.fromkeys(posted.getlist("variant")[: limits.MAX_VARIANTS + 1])
        ],
        text("control-share").strip() or "0",
    )


def apply(edited: EditedJourney, act: str) -> None:
    """One act of the page, such as `add:step`, `remove:v2`, `up:s3`, `even`."""
    verb, _colon, target = act.partition(":")
    match verb:
        case "add":
            _add(edited, target)
        case "remove":
            _remove(edited, target)
        case "up" | "down":
            _move(edited, target, -1 if verb == "up" else 1)
        case "even":
            _share_evenly(edited)
        case "focus":
            edited.focus = target


def _add(edited: EditedJourney, what: str) -> None:
    if what == "step" and len(edited.steps) < limits.MAX_STEPS:
        key = _free_key("s", edited.steps)
        name = _free_name(_("Step"), edited.steps)
        channel = edited.steps[-1].channel if edited.steps else Channel.EMAIL.value
        edited.steps.append(EditedStep(key, name=name, channel=channel))
        edited.focus = f"step-name-{key}"
    elif what == "variant" and len(edited.variants) < limits.MAX_VARIANTS:
        key = _free_key("v", edited.variants)
        name = _free_name(_("Variant"), edited.variants)
        edited.variants.append(EditedVariant(key, name=name))
        _share_evenly(edited)
        edited.focus = f"variant-name-{key}"


def _free_key(prefix: str, entries: Sequence[EditedStep] | Sequence[EditedVariant]) -> str:
    taken = {each.key for each in entries}
    number = 1
    while f"{prefix}{number}" in taken:
        number += 1
    return f"{prefix}{number}"


def _free_name(word: str, entries: Sequence[EditedStep] | Sequence[EditedVariant]) -> str:
    taken = {each.name for each in entries}
    number = len(entries) + 1
    while f"{word} {number}" in taken:
        number += 1
    return f"{word} {number}"


def _remove(edited: EditedJourney, key: str) -> None:
    was = len(edited.variants)
    edited.steps = [each for each in edited.steps if each.key != key]
    if was > 1:
        edited.variants = [each for each in edited.variants if each.key != key]
        edited.steps = [each for each in edited.steps if each.variant != key]  # its own go with it
    if len(edited.variants) < was:
        _share_evenly(edited)
        edited.focus = "add-variant"
    else:
        edited.focus = "add-step"


def _move(edited: EditedJourney, key: str, by: int) -> None:
    _moved(edited.steps, key, by)
    _moved(edited.variants, key, by)
    edited.focus = f"grip-{key}"


def _moved(entries: list[Entry], key: str, by: int) -> None:
    at = next((at for at, each in enumerate(entries) if each.key == key), None)
    if at is not None and 0 <= at + by < len(entries):
        entries.insert(at + by, entries.pop(at))


def _share_evenly(edited: EditedJourney) -> None:
    """What the control group leaves; a control group of nonsense becomes none."""
    control = _whole(edited.control)
    if control is None or control >= limits.WHOLE:
        control, edited.control = 0, "0"
    shares = even_shares(len(edited.variants), control) if edited.variants else []
    for variant, share in zip(edited.variants, shares, strict=True):
        variant.share = str(share)
    edited.focus = "even"


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def to_parts(edited: EditedJourney) -> tuple[tuple[Step, ...], tuple[Variant, ...], int]:
    """Steps, variants and the control group's share. Raises FieldRefused for what is no number."""
    names = {each.key: each.name for each in edited.variants}
    steps = tuple(
        Step(each.name, each.channel, _uuid(each.id), names.get(each.variant, each.variant))
        for each in edited.steps
    )
    variants = []
    for at, each in enumerate(edited.variants):
        share = _whole(each.share)
        if share is None:
            text = _("Enter a whole number from 1 to 100.")
            raise FieldRefused(f"variants[{at}].share", text)
        variants.append(Variant(each.name, share, _uuid(each.id)))
    control = _whole(edited.control)
    if control is None:
        raise FieldRefused("control_share", _("Enter a whole number from 0 to 99."))
    return steps, tuple(variants), control


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def unsaved(edited: EditedJourney, saved: EditedJourney) -> int:
    """How many things differ from what is saved: each entry that is new, gone, other or moved."""
    count = int(edited.control != saved.control)
    count += _different(_steps(edited), _steps(saved))
    return count + _different(_variants(edited), _variants(saved))


def _different(now: Sequence[Shape], before: Sequence[Shape]) -> int:
    same = sum(one == other for one, other in zip(now, before, strict=False))
    return max(len(now), len(before)) - same


def _steps(edited: EditedJourney) -> list[Shape]:
    ids = {each.key: each.id for each in edited.variants}
    return [(each.id, each.name, each.channel, ids.get(each.variant, "")) for each in edited.steps]


def _variants(edited: EditedJourney) -> list[Shape]:
    return [(each.id, each.name, each.share) for each in edited.variants]
