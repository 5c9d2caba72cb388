"""The pages around a campaign or a Canvas as plain values: its state, the steps of its editor.

Knows what is saved and what it lacks; knows nothing of requests or HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from braze_partners.messaging import checking
from braze_partners.messaging.checking import Part
from braze_partners.messaging.drafts import Draft
from braze_partners.messaging.kinds import Text, Words
from braze_partners.messaging.limits import WHOLE

# The address of each step of the editor, below the kind's namespace.
ADDRESSES = {Part.DETAILS: "edit", Part.TARGET: "target", Part.JOURNEY: "steps"}
CONFIRM = "detail"


@dataclass(frozen=True, slots=True)
class NavStep:
    """One step of the editor; `url_name` is empty while nothing is saved to go to."""

    number: int
    label: Text
    url_name: str
    current: bool
    done: bool


def nav_steps(words: Words, draft: Draft | None, active: bool, current: str) -> list[NavStep]:
    """`current` is the address's name; without a draft only the first step exists yet."""
    lacking = {gap.part for gap in checking.gaps(draft, words.kind)} if draft else set(Part)
    steps = [(ADDRESSES[part], label, part not in lacking) for part, label in words.parts]
    steps.append((CONFIRM, _("Confirm"), active))
    return [
        NavStep(
            number=number,
            label=label,
            url_name=f"{words.namespace}:{address}" if draft else "",
            current=address == current,
            done=done,
        )
        for number, (address, label, done) in enumerate(steps, 1)
    ]


def step_after(words: Words, address: str) -> str:
    """The address's name of the step that follows."""
    order = [*(ADDRESSES[part] for part, _label in words.parts), CONFIRM]
    return order[order.index(address) + 1]


def parts(draft: Draft, size: int) -> list[tuple[str, float, int]]:
    """The variants and the control group: name, share, and about how many people that is."""
    shares = [(each.name, each.share) for each in draft.variants]
    shares.append((_("Control group"), draft.control_share))
    return [(name, share / WHOLE, round(size * share / WHOLE)) for name, share in shares]
