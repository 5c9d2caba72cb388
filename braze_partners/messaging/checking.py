"""What may be saved as a campaign or a Canvas, and what one still lacks before it can be active.

Pure but for words: knows limits and drafts, neither the database nor who asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext as _

from braze_partners.messaging import limits
from braze_partners.messaging.drafts import Draft, Step, Variant
from braze_partners.messaging.errors import FieldRefused
from braze_partners.messaging.models import Channel, Outreach

CAMPAIGN, CANVAS = Outreach.Kind.CAMPAIGN, Outreach.Kind.CANVAS


class Part(StrEnum):
    """The parts of a draft, each a step of the editor."""

    DETAILS = "details"
    TARGET = "target"
    JOURNEY = "journey"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is lacking, and where one adds it."""

    part: Part
    text: str


def tidy(draft: Draft, kind: str) -> Draft:
    """The draft as it is stored: spaces and order put right. Raises FieldRefused."""
    draft = replace(
        draft,
        name=" ".join(draft.name.split()),
        description=draft.description.strip(),
        tags=tuple(sorted({" ".join(tag.split()) for tag in draft.tags} - {""})),
    )
    _check_texts(draft)
    if kind == CAMPAIGN:
        return replace(
            draft, channels=_in_order(draft.channels), steps=(), variants=(), control_share=0
        )
    steps = tuple(
        replace(each, name=_trimmed(each.name), variant=_trimmed(each.variant))
        for each in draft.steps
    )
    variants = tuple(replace(each, name=_trimmed(each.name)) for each in draft.variants)
    draft = replace(draft, steps=steps, variants=variants)
    _check_steps(steps, {each.name for each in variants})
    _check_variants(draft)
    return replace(draft, channels=_in_order(each.channel for each in steps))


def _trimmed(text: str) -> str:
    return " ".join(text.split())


def _in_order(channels: Iterable[str]) -> tuple[str, ...]:
    chosen = set(channels)
    if chosen - set(Channel.values):
        text = _("Choose among these channels: %(known)s.")
        raise FieldRefused("channels", text % {"known": ", ".join(Channel.values)})
    return tuple(each for each in Channel.values if each in chosen)


def _check_texts(draft: Draft) -> None:
    refuse_text("name", draft.name, limits.MAX_NAME)
    refuse_text("description", draft.description, limits.MAX_DESCRIPTION)
    if not draft.name:
        raise FieldRefused("name", _("Enter a name."))
    for tag in draft.tags:
        refuse_text("tags", tag, limits.MAX_TAG)
    if len(draft.tags) > limits.MAX_TAGS:
        text = _("Choose at most %(limit)s tags.") % {"limit": limits.MAX_TAGS}
        raise FieldRefused("tags", text)


def refuse_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        sentence = _("Enter at most %(limit)s characters.") % {"limit": longest}
        raise FieldRefused(field, sentence)
    if "\x00" in text:
        raise FieldRefused(field, _("Remove the characters that can't be shown."))


def _check_steps(steps: tuple[Step, ...], variants: set[str]) -> None:
    if len(steps) > limits.MAX_STEPS:
        text = _("A Canvas has at most %(limit)s steps.") % {"limit": limits.MAX_STEPS}
        raise FieldRefused("steps", text)
    _check_names("steps", steps, _("Enter a name for this step."))
    for at, step in enumerate(steps):
        if step.channel not in Channel.values:
            raise FieldRefused(f"steps[{at}].channel", _("Choose the channel of this step."))
        if step.variant and step.variant not in variants:
            told = _("There is no variant “%(name)s” here.") % {"name": step.variant}
            raise FieldRefused(f"steps[{at}].variant", told)


def _check_names(field: str, named: Sequence[Step | Variant], wanted: str) -> None:
    seen: set[str] = set()
    for at, each in enumerate(named):
        place = f"{field}[{at}].name"
        refuse_text(place, each.name, limits.MAX_NAME)
        if not each.name:
            raise FieldRefused(place, wanted)
        if each.name in seen:
            raise FieldRefused(place, _("Another one here has this name. Choose a different one."))
        seen.add(each.name)


def _check_variants(draft: Draft) -> None:
    variants = draft.variants
    if not variants:
        raise FieldRefused("variants", _("A Canvas has at least one variant."))
    if len(variants) > limits.MAX_VARIANTS:
        text = _("A Canvas has at most %(limit)s variants.") % {"limit": limits.MAX_VARIANTS}
        raise FieldRefused("variants", text)
    _check_names("variants", variants, _("Enter a name for this variant."))
    for at, variant in enumerate(variants):
        if not 1 <= variant.share <= limits.WHOLE:
            raise FieldRefused(f"variants[{at}].share", _("Enter a whole number from 1 to 100."))
    if not 0 <= draft.control_share < limits.WHOLE:
        raise FieldRefused("control_share", _("Enter a whole number from 0 to 99."))
    total = draft.control_share + sum(each.share for each in variants)
    if total != limits.WHOLE:
        text = _("The shares add up to %(total)s%%. Make them 100%%, the control group included.")
        raise FieldRefused("variants", text % {"total": total})


def even_shares(count: int, control_share: int) -> list[int]:
    """What is left of the whole by the control group, as evenly as whole percents allow."""
    each, over = divmod(limits.WHOLE - control_share, count)
    return [each + (at < over) for at in range(count)]


def gaps(draft: Draft, kind: str) -> list[Gap]:
    """What a saved draft lacks before it can be active."""
    found = []
    if kind == CAMPAIGN and not draft.channels:
        found.append(Gap(Part.DETAILS, _("Choose at least one channel.")))
    if draft.target.empty:
        text = _("Choose at least one segment or filter. A segment without filters is everyone.")
        found.append(Gap(Part.TARGET, text))
    if kind == CANVAS and not draft.steps:
        found.append(Gap(Part.JOURNEY, _("Add at least one step.")))
    elif kind == CANVAS:
        found += [Gap(Part.JOURNEY, text) for text in _without_steps(draft)]
    return found


def _without_steps(draft: Draft) -> list[str]:
    """A sentence for each variant that nothing is sent in."""
    having = {step.variant for step in draft.steps}
    text = _("Add a step for the variant “%(name)s”, or one for all variants.")
    lacking = [each.name for each in draft.variants if not having & {"", each.name}]
    return [text % {"name": name} for name in lacking]
