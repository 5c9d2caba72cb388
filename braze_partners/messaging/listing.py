"""What the lists of campaigns and Canvases show: rows with the audience in words and its size.

Reads a page in a constant number of queries; knows nothing of HTML or of how sizes are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from braze_partners.messaging import audience, wording
from braze_partners.messaging.drafts import target_of
from braze_partners.messaging.models import CanvasStep, Channel, Outreach
from braze_partners.workspaces.models import Account, Workspace
from cohorts.segments import tagging
from cohorts.segments.models import Tag
from cohorts.segments.planning import learn

SORTS = {"name": ("name", "pk"), "edited": ("-edited_at", "pk")}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; kept in the address."""

    search: str = ""
    state: str = ""
    archived: bool = False
    mine: bool = False
    tag: str = ""
    sort: str = "edited"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        sort, state = query.get("sort", "edited"), query.get("state", "")
        return cls(
            search=query.get("q", "").strip().replace("\x00", ""),
            state=state if state in Outreach.State.values else "",
            archived=query.get("archived") == "1",
            mine=query.get("mine") == "1",
            tag=query.get("tag", "").replace("\x00", ""),
            sort=sort if sort in SORTS else "edited",
        )

    @property
    def narrowing(self) -> bool:
        return bool(self.search or self.state or self.mine or self.tag)

    @property
    def query(self) -> str:
        """As the address has it."""
        pairs = {
            "q": self.search,
            "state": self.state,
            "tag": self.tag,
            "archived": "1" if self.archived else "",
            "mine": "1" if self.mine else "",
            "sort": self.sort if self.sort != "edited" else "",
        }
        return urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class ListedOutreach:
    outreach: Outreach
    words: str
    channels: list[str]
    steps: int
    size: int | None
    tags: list[str]


def whole(workspace: Workspace, kind: str) -> QuerySet[Outreach]:
    """With all that a draft is read from, in a constant number of queries."""
    rows = _rows(workspace, kind).prefetch_related("uses_segments")
    if kind == Outreach.Kind.CANVAS:
        rows = rows.prefetch_related("steps", "variants")
    return rows


def _rows(workspace: Workspace, kind: str) -> QuerySet[Outreach]:
    rows = Outreach.objects.filter(workspace=workspace, kind=kind).select_related("edited_by")
    return rows.annotate(gathered_tags=tagging.gathered("outreaches"))


def found(
    workspace: Workspace, kind: str, account: Account, filters: Filters
) -> QuerySet[Outreach]:
    """In the order asked for."""
    rows = _rows(workspace, kind).prefetch_related("uses_segments")
    if kind == Outreach.Kind.CANVAS:
        steps = CanvasStep.objects.filter(canvas=OuterRef("pk")).order_by()
        counted = steps.values("canvas").values_list(Count("pk"))
        rows = rows.annotate(step_count=Coalesce(Subquery(counted), 0))
    if not filters.archived:
        rows = rows.filter(archived_at=None)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.search:
        words = Q(name__icontains=filters.search) | Q(description__icontains=filters.search)
        rows = rows.filter(words)
    if filters.mine:
        rows = rows.filter(Q(created_by=account) | Q(edited_by=account))
    if filters.tag:
        rows = rows.filter(tags__name=filters.tag)
    return rows.order_by(*SORTS[filters.sort])


def listed(workspace: Workspace, outreaches: Sequence[Outreach]) -> list[ListedOutreach]:
    """A page's rows; one look-up of names and one load of bitmaps for all of them."""
    targets = {each.pk: target_of(each) for each in outreaches}
    definitions = [each.definition for each in targets.values()]
    known = learn(workspace.pk, definitions, zone=workspace.time_zone)
    sizes = audience.sizes(workspace.pk, targets, known)
    return [
        ListedOutreach(
            outreach=each,
            words=wording.say_briefly(targets[each.pk], known),
            channels=channel_names(each.channels),
            steps=getattr(each, "step_count", 0),
            size=sizes[each.pk],
            tags=tagging.names(each),
        )
        for each in outreaches
    ]


def channel_names(channels: Sequence[str]) -> list[str]:
    return [str(Channel(each).label) for each in channels]


def tags_of(workspace: Workspace, kind: str) -> list[str]:
    """Names of the tags that campaigns, or Canvases, have."""
    used = Tag.objects.filter(workspace=workspace, outreaches__kind=kind)
    return list(used.distinct().order_by("name").values_list("name", flat=True))
