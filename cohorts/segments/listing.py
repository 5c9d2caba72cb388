"""What the list of segments shows: rows with filters in words, exact size, use and star.

Reads a page in a constant number of queries; knows nothing of HTML or of how sizes are made.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from braze_partners import formatting
from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import Cohort
from cohorts.segments import evaluation, limits, tagging, wording
from cohorts.segments.filter_types import FilterType
from cohorts.segments.models import Segment, SegmentExport, SegmentSegment, Star, Tag
from cohorts.segments.planning import learn, stored

ACTIVE_FIRST = F("archived_at").asc(nulls_first=True)
SORTS = {"name": ("name", "pk"), "edited": ("-edited_at", "pk")}
# What comes before the order, so that a group stays together over pages.
GROUPS: dict[str, tuple[Any, ...]] = {
    "": (),
    "status": (ACTIVE_FIRST,),
    "editor": (F("edited_by__name").asc(nulls_last=True), "edited_by_id"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; kept in the address."""

    search: str = ""
    archived: bool = False
    mine: bool = False
    starred: bool = False
    tag: str = ""
    sort: str = "edited"
    group: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        sort = query.get("sort", "edited")
        return cls(
            search=query.get("q", "").strip().replace("\x00", ""),
            archived=query.get("archived") == "1",
            mine=query.get("mine") == "1",
            starred=query.get("starred") == "1",
            tag=query.get("tag", "").replace("\x00", ""),
            sort=sort if sort in SORTS else "edited",
            group=query.get("group", "") if query.get("group") in GROUPS else "",
        )

    @property
    def narrowing(self) -> bool:
        return bool(self.search or self.mine or self.starred or self.tag)

    @property
    def query(self) -> str:
        """As the address has it."""
        pairs = {
            "q": self.search,
            "tag": self.tag,
            "archived": "1" if self.archived else "",
            "mine": "1" if self.mine else "",
            "starred": "1" if self.starred else "",
            "sort": self.sort if self.sort != "edited" else "",
            "group": self.group,
        }
        return urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class ListedSegment:
    segment: Segment
    words: str
    filters: int
    size: int | None
    campaigns: int
    canvases: int
    starred: bool
    tags: list[str]

    def in_group(self, group: str) -> str:
        """The heading below which it stands."""
        if group == "editor":
            return self.segment.edited_by.name if self.segment.edited_by else _("By a REST key")
        archived = self.segment.archived_at is not None
        return pgettext("segment", "Archived") if archived else pgettext("segment", "Active")


@dataclass(frozen=True, slots=True)
class RailLink:
    """One link of the list's left rail; `query` is the address that it leads to."""

    label: str
    query: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Rail:
    show: list[RailLink]
    group_by: list[RailLink]
    tags: list[RailLink]


def rail(workspace: Workspace, filters: Filters) -> Rail:
    """Each link changes one thing of the address; a chosen one takes itself back."""

    def link(label: str, chosen: bool, count: int | None = None, **change: Any) -> RailLink:
        return RailLink(label, replace(filters, **change).query, chosen, count)

    everything = not (filters.mine or filters.starred)
    used = Tag.objects.filter(workspace=workspace, segments__isnull=False)
    if not filters.archived:
        used = used.filter(segments__archived_at=None)
    counted = (
        used.annotate(count=Count("segments", distinct=True))
        .order_by("name")
        .values_list("name", "count")
    )
    tags = dict(counted)
    if filters.tag:
        tags.setdefault(filters.tag, 0)
    return Rail(
        show=[
            link(_("All segments"), everything, mine=False, starred=False),
            link(_("Starred"), filters.starred, starred=not filters.starred),
            link(_("Only Show Mine"), filters.mine, mine=not filters.mine),
        ],
        group_by=[
            link(label, filters.group == group, group=group)
            for group, label in (
                ("", _("Nothing")),
                ("status", _("Status")),
                ("editor", _("Last edited by")),
            )
        ],
        tags=[
            link(name, filters.tag == name, count, tag="" if filters.tag == name else name)
            for name, count in tags.items()
        ],
    )


@dataclass(frozen=True, slots=True)
class MessagingUse:
    """A campaign or a Canvas (`outreach`) targets a segment."""

    used: Segment
    outreach: Any


def found(workspace: Workspace, account: Account, filters: Filters) -> QuerySet[Segment]:
    """Segments with `starred`, tags and how many target them, in the order asked for."""
    rows = Segment.objects.filter(workspace=workspace).select_related("edited_by")
    starred = Star.objects.filter(segment=OuterRef("pk"), account=account)
    rows = rows.annotate(
        starred=Exists(starred),
        gathered_tags=tagging.gathered("segments"),
        campaigns=_use_count("campaign"),
        canvases=_use_count("canvas"),
    )
    if not filters.archived:
        rows = rows.filter(archived_at=None)
    if filters.search:
        words = Q(name__icontains=filters.search) | Q(description__icontains=filters.search)
        rows = rows.filter(words)
    if filters.mine:
        rows = rows.filter(Q(created_by=account) | Q(edited_by=account))
    if filters.starred:
        rows = rows.filter(starred=True)
    if filters.tag:
        rows = rows.filter(tags__name=filters.tag)
    order = (*GROUPS[filters.group], *SORTS[filters.sort])
    return rows.order_by(*order)


def listed(workspace: Workspace, segments: Sequence[Any]) -> list[ListedSegment]:
    """A page's rows as `found` has them; one look-up of names and one load of bitmaps for all."""
    definitions = {each.pk: stored(each) for each in segments}
    known = learn(workspace.pk, definitions.values(), zone=workspace.time_zone)
    sizes = evaluation.sizes(workspace.pk, segments, known) if segments else {}
    return [
        ListedSegment(
            segment=each,
            words=wording.say_briefly(definitions[each.pk], known),
            filters=len(list(definitions[each.pk].filters())),
            size=sizes[each.pk],
            campaigns=each.campaigns,
            canvases=each.canvases,
            starred=each.starred,
            tags=tagging.names(each),
        )
        for each in segments
    ]


def _targeting() -> QuerySet[Any]:
    """Which campaign or Canvas targets which segment: rows of a room above, known by name only."""
    rows: QuerySet[Any] = apps.get_model("messaging", "OutreachSegment").objects.all()
    return rows


def _use_count(kind: str) -> Coalesce:
    """How many campaigns or Canvases target a segment, archived ones included."""
    mine = _targeting().filter(segment=OuterRef("pk"), outreach__kind=kind).order_by()
    counted = mine.values("segment").values_list(Count("pk"))
    return Coalesce(Subquery(counted), 0)


def targeted_by(segments: Iterable[Segment]) -> list[MessagingUse]:
    """Campaigns and Canvases that target these, archived ones last."""
    rows = _targeting().filter(segment__in=[each.pk for each in segments])
    ordered = rows.order_by(
        F("outreach__archived_at").asc(nulls_first=True), "outreach__kind", "outreach__name"
    )
    return [
        MessagingUse(use.segment, use.outreach)
        for use in ordered.select_related("outreach", "segment")
    ]


def used_by(segments: Iterable[Segment]) -> list[SegmentSegment]:
    """Which segments use these, other than these themselves; archived ones last."""
    pks = [each.pk for each in segments]
    rows = SegmentSegment.objects.filter(used__in=pks).exclude(segment__in=pks)
    ordered = rows.order_by(F("segment__archived_at").asc(nulls_first=True), "segment__name")
    return list(ordered.select_related("segment", "used"))


@dataclass(frozen=True, slots=True)
class Use:
    """Whatever uses a segment: a campaign, a Canvas or another segment."""

    kind: str
    id: uuid.UUID
    name: str
    archived: bool


def uses_of(segment: Segment) -> list[Use]:
    """Everything that keeps a segment from being deleted."""
    targets = [use.outreach for use in targeted_by([segment])]
    users = [use.segment for use in used_by([segment])]
    return [
        *(Use(each.kind, each.pk, each.name, each.archived_at is not None) for each in targets),
        *(Use("segment", each.pk, each.name, each.archived_at is not None) for each in users),
    ]


def tag_options(workspace: Workspace, text: str) -> list[str]:
    """Tags to choose from while somebody types, whatever wears them."""
    found = Tag.objects.filter(workspace=workspace, name__icontains=text).order_by("name")
    return list(found.values_list("name", flat=True)[: limits.OPTIONS_SHOWN])


def cohort_of(workspace: Workspace, pk: int) -> Cohort | None:
    return Cohort.objects.filter(workspace=workspace, pk=pk).first()


def cohort_options(workspace: Workspace, partner: str, text: str) -> tuple[list[Cohort], int]:
    """Cohorts to choose from while somebody types, and how many more there are."""
    rows = Cohort.objects.filter(workspace=workspace, partner=partner)
    for word in _words_of_label(text):
        rows = rows.filter(Q(name__icontains=word) | Q(cohort_id__icontains=word))
    ordered = rows.order_by(ACTIVE_FIRST, "name", "pk")
    return list(ordered[: limits.OPTIONS_SHOWN]), max(0, rows.count() - limits.OPTIONS_SHOWN)


def _words_of_label(text: str) -> list[str]:
    """Each must be found, in any order; a whole label `[Amplitude] NAME: id` may be pasted."""
    _partner, bracket, rest = text.partition("] ")
    words = (rest if bracket and text.startswith("[") else text).split()
    return [word.rstrip(":") or word for word in words][: limits.WORDS_SOUGHT]


def segment_named(workspace: Workspace, name: str) -> Segment | None:
    return Segment.objects.filter(workspace=workspace, name=name).first()


def segment_options(
    workspace: Workspace, text: str, own: uuid.UUID | None
) -> tuple[list[Segment], int]:
    """Segments to choose from; never the one that is being edited."""
    rows = Segment.objects.filter(workspace=workspace)
    for word in text.split()[: limits.WORDS_SOUGHT]:
        rows = rows.filter(name__icontains=word)
    if own is not None:
        rows = rows.exclude(pk=own)
    ordered = rows.order_by(ACTIVE_FIRST, "name")
    return list(ordered[: limits.OPTIONS_SHOWN]), max(0, rows.count() - limits.OPTIONS_SHOWN)


def code_options(kind: FilterType, text: str) -> tuple[list[tuple[str, str]], int]:
    """Countries or languages (code, name) to choose from while somebody types, and how many more
    there are."""
    locale = formatting.locale_of(get_language())
    names = (
        formatting.countries(locale) if kind is FilterType.COUNTRY else formatting.languages(locale)
    )
    wanted = text.casefold()
    found = [
        (code, name)
        for code, name in names.items()
        if wanted in name.casefold() or wanted == code.casefold()
    ]
    return found[: limits.OPTIONS_SHOWN], max(0, len(found) - limits.OPTIONS_SHOWN)


def exports_of(segment: Segment) -> list[SegmentExport]:
    """The latest CSV exports, the newest first."""
    rows = SegmentExport.objects.filter(segment=segment, form=SegmentExport.Form.CSV)
    rows = rows.select_related("created_by")
    return list(rows.defer("members").order_by("-created_at")[: limits.EXPORTS_SHOWN])
