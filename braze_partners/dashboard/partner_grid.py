"""The tiles of Technology Partners: the directory, searched, with each partner's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from braze_partners.partners import connections, directory
from braze_partners.partners.connections import Connection, State
from braze_partners.partners.directory import Capability, Category, Partner
from braze_partners.workspaces.models import Workspace
from cohorts.models import Cohort

CAPABILITY_NAMES: dict[Capability, str | Promise] = {
    Capability.COHORT_IMPORT: _("Cohort import"),
    Capability.CURRENTS_EXPORT: _("Currents export"),
    Capability.SCHEDULED_SYNCS: _("Scheduled syncs"),
    Capability.USER_PROFILE: _("User profile"),
}
CATEGORY_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("", _("All")),
    (Category.ANALYTICS.value, _("Analytics")),
    (Category.CUSTOMER_DATA.value, _("Customer data")),
    (Category.REVERSE_ETL.value, _("Reverse ETL")),
)


@dataclass(frozen=True, slots=True)
class Tile:
    partner: Partner
    connection: Connection
    cohorts: int

    @property
    def category(self) -> str | Promise:
        return directory.CATEGORY_NAMES[self.partner.category]

    @property
    def capabilities(self) -> list[str | Promise]:
        return capability_names(self.partner)

    @property
    def in_use(self) -> bool:
        return self.connection.state != State.NO_KEY


@dataclass(frozen=True, slots=True)
class Grid:
    """`total` and `with_key` count the whole directory, the tiles only what was searched for."""

    in_use: list[Tile]
    available: list[Tile]
    total: int
    with_key: int

    @property
    def found(self) -> int:
        return len(self.in_use) + len(self.available)


def capability_names(partner: Partner) -> list[str | Promise]:
    return [CAPABILITY_NAMES[capability] for capability in partner.capabilities]


def _matches(partner: Partner, search: str, category: str) -> bool:
    if category and partner.category.value != category:
        return False
    return search.casefold() in f"{partner.name} {partner.slug}".casefold()


def grid(workspace: Workspace, search: str, category: str, now: datetime) -> Grid:
    """Two queries, however many partners or keys."""
    known = connections.connections(workspace, now)
    live = Cohort.objects.filter(workspace=workspace, archived_at=None)
    sizes = dict(live.values_list("partner").annotate(Count("pk")).order_by())
    tiles = [
        Tile(partner, known.get(partner.slug, connections.NONE), sizes.get(partner.slug, 0))
        for partner in directory.PARTNERS
    ]
    shown = [tile for tile in tiles if _matches(tile.partner, search.strip(), category)]
    return Grid(
        [tile for tile in shown if tile.in_use],
        [tile for tile in shown if not tile.in_use],
        len(tiles),
        sum(tile.in_use for tile in tiles),
    )
