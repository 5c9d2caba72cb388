"""What needs someone's attention in a workspace: the bell and the home page show the same list.

Knows import runs and Currents in trouble; each later room adds its own kind of trouble here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.partners import directory
from braze_partners.workspaces.models import Member, Workspace
from cohorts.models import ImportRun
from currents.models import Refusal
from currents.trouble import Trouble, troubles

REFUSALS_SHOWN_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One row: what happened (with a link), its facts, and the one thing to do. `section` names
    the entry of the navigation that carries its number, if any."""

    icon: str
    tone: str
    title: str | Promise
    facts: str | Promise
    url: str
    action: str | Promise
    section: str = ""


def attention_items(workspace: Workspace, member: Member, now: datetime) -> list[AttentionItem]:
    return [*_currents(workspace, now), *_refused_requests(workspace, now)]


def _currents(workspace: Workspace, now: datetime) -> Iterator[AttentionItem]:
    for trouble in troubles(workspace, now):
        page = "currents:detail" if trouble.refusal else "currents:attempts"
        yield AttentionItem(
            icon="circle-x" if trouble.refusal else "refresh-cw",
            tone="red" if trouble.refusal else "amber",
            title=_current_title(trouble) % {"name": trouble.current.name},
            facts=_current_facts(trouble, now),
            url=reverse(page, args=[workspace.slug, trouble.current.pk]),
            action=_current_action(trouble),
            section="currents:list",
        )


def _current_title(trouble: Trouble) -> str:
    if not trouble.refusal:
        return _("%(name)s: Amplitude does not answer")
    if trouble.is_dropping:
        return _("%(name)s drops events: Amplitude refuses it for too long")
    if trouble.refusal == Refusal.FORBIDDEN:
        return _("%(name)s has stopped: Amplitude answers 403")
    return _("%(name)s has stopped: Amplitude refuses its API key")


def _current_facts(trouble: Trouble, now: datetime) -> str:
    locale = formatting.locale_of(get_language())
    waiting = ngettext("%(count)s event waits", "%(count)s events wait", trouble.waiting) % {
        "count": formatting.number(trouble.waiting, locale)
    }
    if trouble.dropping_at is not None and not trouble.is_dropping:
        length = formatting.span(trouble.dropping_at - now, locale)
        return f"{waiting} · {_('dropping starts in %(length)s') % {'length': length}}"
    length = formatting.span(now - trouble.since, locale)
    return f"{waiting} · {_('for %(length)s') % {'length': length}}"


def _current_action(trouble: Trouble) -> str:
    if not trouble.refusal:
        return _("See attempts")
    return _("See what to do") if trouble.refusal == Refusal.FORBIDDEN else _("Enter new key")


def _refused_requests(workspace: Workspace, now: datetime) -> Iterator[AttentionItem]:
    """A partner whose newest request was refused: its deltas are lost unless it sends again."""
    recent = ImportRun.objects.filter(
        workspace=workspace, kind=ImportRun.Kind.PUSH, at__gte=now - REFUSALS_SHOWN_FOR
    )
    failed = list(
        recent.filter(state=ImportRun.State.FAILED).order_by("-id").values("partner", "id", "error")
    )
    for partner in sorted({row["partner"] for row in failed}):
        rows = [row for row in failed if row["partner"] == partner]
        newest = rows[0]
        accepted_since = recent.filter(partner=partner, id__gt=newest["id"]).exists()
        if accepted_since:
            continue
        name = directory.display_name(partner)
        yield AttentionItem(
            icon="circle-x",
            tone="red",
            title=_("The last request of %(partner)s was refused") % {"partner": name},
            facts=ngettext(
                "%(count)s refusal in 24 h · %(error)s",
                "%(count)s refusals in 24 h · %(error)s",
                len(rows),
            )
            % {"count": len(rows), "error": newest["error"]},
            url=reverse("cohorts:run", args=[workspace.slug, newest["id"]]),
            action=_("See the request"),
        )
