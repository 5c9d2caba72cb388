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
    "data_import_key.generated": _("Generated a data import key"),
    "data_import_key.invalidated": _("Invalidated a data import key"),
    "rest_api_key.generated": _("Generated a REST API key"),
    "rest_api_key.invalidated": _("Invalidated a REST API key"),
    "amplitude_project.created": _("Added an Amplitude project"),
    "amplitude_project.renamed": _("Renamed an Amplitude project"),
    "amplitude_project.keys_changed": _("Entered new keys for an Amplitude project"),
    "amplitude_project.checked": _("Tested an Amplitude project"),
    "amplitude_project.deleted": _("Deleted an Amplitude project"),
    "people_import.started": _("Started an import of people"),
    "people_import.cancelled": _("Cancelled an import of people"),
    "person.deleted": _("Deleted a person"),
    "cohort.archived": _("Archived a cohort"),
    "cohort.unarchived": _("Brought a cohort back from the archive"),
    "cohort.deleted": _("Deleted a cohort"),
    "current.created": _("Created a Current"),
    "current.edited": _("Edited a Current"),
    "current.key_entered": _("Entered a new API key for a Current"),
    "current.tested": _("Tested the connection to Amplitude"),
    "current.launched": _("Launched a Current"),
    "current.paused": _("Paused a Current"),
    "current.resumed": _("Resumed a Current"),
    "current.deleted": _("Deleted a Current"),
    "segment.created": _("Created a segment"),
    "segment.edited": _("Edited a segment"),
    "segment.archived": _("Archived a segment"),
    "segment.unarchived": _("Brought a segment back from the archive"),
    "segment.exported": _("Exported the members of a segment as CSV"),
    "campaign.created": _("Created a campaign"),
    "campaign.edited": _("Edited a campaign"),
    "campaign.activated": _("Activated a campaign"),
    "campaign.deactivated": _("Put a campaign back to draft"),
    "campaign.archived": _("Archived a campaign"),
    "campaign.unarchived": _("Brought a campaign back from the archive"),
    "canvas.created": _("Created a Canvas"),
    "canvas.edited": _("Edited a Canvas"),
    "canvas.activated": _("Activated a Canvas"),
    "canvas.deactivated": _("Put a Canvas back to draft"),
    "canvas.archived": _("Archived a Canvas"),
    "canvas.unarchived": _("Brought a Canvas back from the archive"),
}


def in_words(action: str) -> str:
    """The table's sentence, or the dotted name itself made readable."""
    return str(ACTIONS.get(action) or action.replace(".", ": ").replace("_", " "))
