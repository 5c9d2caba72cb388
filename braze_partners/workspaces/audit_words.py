"""The audit log's actions in words. One table for every room, since only words are in it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: dict[str, str | Promise] = {
    "workspace.created": _("Created the workspace"),
    "workspace.settings_changed": _("Changed the workspace’s settings"),
    "invitation.sent": _("Invited a person"),
    "invitation.resent": _("Sent an invitation again"),
    "invitation.revoked": _("Revoked an invitation"),
    "member.joined": _("Became a member"),
    "member.role_changed": _("Changed a member’s role"),
    "member.removed": _("Removed a member"),
    "audit_log.exported": _("Exported the audit log"),
}


def in_words(action: str) -> str:
    """The table's sentence, or the dotted name itself made readable."""
    return str(ACTIONS.get(action) or action.replace(".", ": ").replace("_", " "))
