"""What changed in a segment from save to save, in words, and what somebody hasn't seen yet.

Reads versions; the words are made in the reader's language, with today's names of cohorts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from braze_partners.workspaces.models import Account
from cohorts.segments import limits, wording
from cohorts.segments.definition import parse
from cohorts.segments.models import Segment, SegmentVersion, SegmentView
from cohorts.segments.planning import Known, learn


@dataclass(frozen=True, slots=True)
class Change:
    """One save: what it changed, each as (what, before, after)."""

    version: int
    at: datetime
    by: str
    parts: list[tuple[str, str, str]]


def seen_version(account: Account) -> Subquery:
    """Beside a segment: the version that this account last looked at, None before the first."""
    mine = SegmentView.objects.filter(segment=OuterRef("pk"), account=account)
    return Subquery(mine.values("version"))


def unseen(segment: Segment, seen: int | None) -> int:
    """How many saves since then; the first look sees none as new."""
    return max(0, segment.version - seen) if seen is not None else 0


def mark_seen(segment: Segment, account: Account, now: datetime) -> None:
    row = SegmentView(segment=segment, account=account, version=segment.version, at=now)
    SegmentView.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["segment", "account"],
        update_fields=["version", "at"],
    )


def latest(segment: Segment) -> list[Change]:
    """The latest saves, the newest first."""
    rows = SegmentVersion.objects.filter(segment=segment).select_related("by")
    versions = list(rows.order_by("-version")[: limits.CHANGES_SHOWN + 1])
    known = learn(segment.workspace_id, [parse(each.definition) for each in versions])
    found = [
        _change(after, before, known) for after, before in zip(versions, versions[1:], strict=False)
    ]
    if versions and versions[-1].version == 1:
        found.append(_created(versions[-1]))
    return found[: limits.CHANGES_SHOWN]


def _created(first: SegmentVersion) -> Change:
    return Change(first.version, first.at, _who(first), [(_("Created"), "", first.name)])


def _change(after: SegmentVersion, before: SegmentVersion, known: Known) -> Change:
    pairs = (
        (_("Name"), before.name, after.name),
        (_("Description"), before.description, after.description),
        (_("Tags"), ", ".join(before.tags), ", ".join(after.tags)),
        (_("Filters"), _said(before, known), _said(after, known)),
        (_("Status"), _status(before), _status(after)),
    )
    parts = [(what, old or "—", new or "—") for what, old, new in pairs if old != new]
    return Change(after.version, after.at, _who(after), parts)


def _said(version: SegmentVersion, known: Known) -> str:
    return wording.say_whole(parse(version.definition), known)


def _status(version: SegmentVersion) -> str:
    archived = version.archived
    return pgettext("segment", "Archived") if archived else pgettext("segment", "Active")


def _who(version: SegmentVersion) -> str:
    return version.by.name if version.by else _("someone")
