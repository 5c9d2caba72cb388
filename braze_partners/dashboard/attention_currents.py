"""Currents that need someone, as rows of what needs attention. Words only: which they are is
currents/trouble.py's."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.workspaces.models import Workspace
from currents.facts import waiting_words
from currents.models import Refusal
from currents.states import State
from currents.trouble import Trouble, troubles
from currents.wording import ACT_LABELS, Act

SECTION = "currents:list"


def current_items(workspace: Workspace, now: datetime) -> list[AttentionItem]:
    return [_ITEMS[trouble.state](trouble, workspace, now) for trouble in troubles(workspace, now)]


def _stopped(trouble: Trouble, workspace: Workspace, now: datetime) -> AttentionItem:
    title = _("%(name)s has stopped: Amplitude refuses its API key")
    if trouble.refusal == Refusal.FORBIDDEN:
        title = _("%(name)s has stopped: Amplitude answers 403 Forbidden")
    facts = [waiting_words(trouble.waiting)]
    if trouble.clock is not None and trouble.waiting:
        facts.append(
            _("dropping starts in %(length)s (%(time)s)")
            % {
                "length": _span(trouble.clock.remaining),
                "time": _hour(trouble.clock.dropping_at, now),
            }
        )
    return _item(trouble, workspace, "octagon-x", "red", title, facts, *_remedy(trouble))


def _dropping(trouble: Trouble, workspace: Workspace, now: datetime) -> AttentionItem:
    title = _("%(name)s drops events: its key has been refused for too long")
    dropped = formatting.number(trouble.dropped, _locale())
    facts = [_("%(count)s dropped so far") % {"count": dropped}, waiting_words(trouble.waiting)]
    return _item(trouble, workspace, "trash-2", "red", title, facts, *_remedy(trouble))


def _failing(trouble: Trouble, workspace: Workspace, now: datetime) -> AttentionItem:
    title = _("%(name)s can’t reach Amplitude")
    since = _("since %(time)s") % {"time": _hour(trouble.since, now)}
    facts = [since, waiting_words(trouble.waiting), _("an outage drops none")]
    return _item(
        *(trouble, workspace, "refresh-cw", "amber", title, facts),
        *(Act.SEE_ATTEMPTS, "currents:attempts", ""),
    )


def _paused(trouble: Trouble, workspace: Workspace, now: datetime) -> AttentionItem:
    title = _("%(name)s is paused, and its events grow old")
    facts = [waiting_words(trouble.waiting)]
    if trouble.oldest is not None:
        facts.append(_("the oldest for %(age)s") % {"age": _span(now - trouble.oldest)})
    return _item(trouble, workspace, "pause", "amber", title, facts, None, "currents:detail", "")


_ITEMS = {
    State.STOPPED: _stopped,
    State.DROPPING: _dropping,
    State.FAILING: _failing,
    State.PAUSED: _paused,
}


def _remedy(trouble: Trouble) -> tuple[Act | None, str, str]:
    """What to do about refused credentials, the page for it and the place on it."""
    if trouble.refusal == Refusal.FORBIDDEN:
        return None, "currents:detail", ""
    return Act.ENTER_KEY, "currents:detail", "#new-key"


def _item(
    trouble: Trouble,
    workspace: Workspace,
    icon: str,
    tone: str,
    title: str,
    facts: list[str],
    act: Act | None,
    page: str,
    place: str,
) -> AttentionItem:
    return AttentionItem(
        icon=icon,
        tone=tone,
        title=title % {"name": trouble.current.name},
        facts=_sentence(" · ".join(facts)),
        url=reverse(page, args=[workspace.slug, trouble.current.pk]) + place,
        action=ACT_LABELS[act] if act else _("Open the Current"),
        section=SECTION,
        is_urgent=tone == "red",
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _locale() -> str:
    return formatting.locale_of(get_language())


def _span(length: timedelta) -> str:
    return formatting.span(length, _locale())


def _hour(moment: datetime, now: datetime) -> str:
    return formatting.hour(moment, now, timezone.get_current_timezone(), _locale())
