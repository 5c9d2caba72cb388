"""What campaigns and Canvases are called on screen: one record of words and addresses for each.

Knows names of addresses and words; knows neither requests nor HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.messaging.checking import Part
from braze_partners.messaging.models import Outreach

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Words:
    """`parts` are the editor's steps in their order; the last step, Confirm, is the same for
    both. `namespace` is that of the addresses."""

    kind: str
    namespace: str
    icon: str
    title: Text
    meta: Text
    create: Text
    create_meta: Text
    name: Text
    example: Text
    nothing: Text
    empty: Text
    none_matches: Text
    show_all: Text
    target: Text
    target_meta: Text
    own_filters: Text
    activate: Text
    activated: Text
    is_draft: Text
    is_active: Text
    actions: Text
    parts: tuple[tuple[Part, Text], ...]

    @property
    def details_step(self) -> Text:
        return self.parts[0][1]

    @property
    def target_step(self) -> Text:
        return self.parts[1][1]

    @property
    def after_target(self) -> Text:
        return self.parts[2][1] if len(self.parts) > 2 else _("Confirm")


CAMPAIGN = Words(
    kind=Outreach.Kind.CAMPAIGN,
    namespace="campaigns",
    icon="send",
    title=_("Campaigns"),
    meta=_("Messages and whom they target. Audiences are exact as of this moment."),
    create=_("Create Campaign"),
    create_meta=_("A name and the channels first; then choose whom it targets."),
    name=_("Campaign Name"),
    example=_("Spring restock reminder"),
    nothing=_("No campaign yet"),
    empty=_(
        "A campaign says what goes to whom: its channels, and the segments and filters of its "
        "audience, whose exact size stands here."
    ),
    none_matches=_("No campaign matches"),
    show_all=_("Show all campaigns"),
    target=_("Targeting Options"),
    target_meta=_(
        "Target users by choosing multiple segments they must fall into. Further refine your "
        "audience by adding additional filters."
    ),
    own_filters=_("Apply to this campaign only; the segments stay as they are."),
    activate=_("Activate campaign"),
    activated=_("The campaign is active."),
    is_draft=_("This campaign is a draft."),
    is_active=_("This campaign is active."),
    actions=_("Campaign actions"),
    parts=(
        (Part.DETAILS, _("Name and channels")),
        (Part.TARGET, _("Target Users")),
    ),
)
CANVAS = Words(
    kind=Outreach.Kind.CANVAS,
    namespace="canvas",
    icon="workflow",
    title=_("Canvas"),
    meta=_("Journeys of several steps and who enters them. Audiences are exact as of this moment."),
    create=_("Create Canvas"),
    create_meta=_("A name first; then choose who enters, and the steps they go through."),
    name=_("Canvas Name"),
    example=_("Winback journey"),
    nothing=_("No Canvas yet"),
    empty=_(
        "A Canvas is a journey of several steps, with variants and a control group. The exact "
        "number of people who enter stands here."
    ),
    none_matches=_("No Canvas matches"),
    show_all=_("Show every Canvas"),
    target=_("Entry Audience"),
    target_meta=_(
        "Choose who enters by multiple segments they must fall into. Further refine the entry "
        "audience by adding additional filters."
    ),
    own_filters=_("Apply to this Canvas only; the segments stay as they are."),
    activate=_("Activate Canvas"),
    activated=_("The Canvas is active."),
    is_draft=_("This Canvas is a draft."),
    is_active=_("This Canvas is active."),
    actions=_("Canvas actions"),
    parts=(
        (Part.DETAILS, _("Name")),
        (Part.TARGET, _("Entry Audience")),
        (Part.JOURNEY, _("Steps and variants")),
    ),
)
WORDS: dict[str, Words] = {each.kind: each for each in (CAMPAIGN, CANVAS)}
