"""Keys that end, or have ended, while somebody still calls with them, as rows of what needs
attention. Words only: which they are is keys/listing.py's."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.dashboard.attention_item import AttentionItem
from braze_partners.keys import listing
from braze_partners.keys.listing import KeyRow
from braze_partners.keys.models import DataImportKey
from braze_partners.partners import directory
from braze_partners.workspaces.models import Member, Workspace
from braze_partners.workspaces.roles import May, allows


def key_items(workspace: Workspace, member: Member, now: datetime) -> list[AttentionItem]:
    """Those of REST keys only for whoever may see their page."""
    may_administer = allows(member.role, May.ADMINISTER)
    return [
        _item(row, workspace, now)
        for row in listing.ending_while_used(workspace, now)
        if may_administer or isinstance(row.key, DataImportKey)
    ]


def _item(row: KeyRow, workspace: Workspace, now: datetime) -> AttentionItem:
    key, locale = row.key, formatting.locale_of(get_language())
    if isinstance(key, DataImportKey):
        caller = directory.display_name(key.partner)
        url = reverse("dashboard:partner", args=[workspace.slug, key.partner]) + "#keys"
    else:
        caller = key.label or _("Somebody")
        url = reverse("keys:rest", args=[workspace.slug])
    words = {"key": key.masked, "caller": caller, "left": formatting.span(row.grace_left, locale)}
    zone = timezone.get_current_timezone()
    used = formatting.when(key.last_used_at, now, zone, locale)
    facts = ngettext(
        "%(count)s call since it was rotated, the last %(used)s",
        "%(count)s calls since it was rotated, the last %(used)s",
        key.calls_since_rotation,
    )
    return AttentionItem(
        icon="timer" if row.valid else "circle-x",
        tone="amber" if row.valid else "red",
        title=_title(row) % words,
        facts=facts % {"count": key.calls_since_rotation, "used": used},
        url=url,
        action=_("See the keys"),
    )


def _title(row: KeyRow) -> str:
    if row.valid:
        return _("%(key)s ends in %(left)s, and %(caller)s still calls with it")
    return _("%(key)s has ended while %(caller)s still called with it")
