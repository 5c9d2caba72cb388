"""The technology partners as data. Knows their names and capabilities, nothing of any workspace."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Category(StrEnum):
    ANALYTICS = "analytics"
    CUSTOMER_DATA = "customer_data"
    REVERSE_ETL = "reverse_etl"


class Capability(StrEnum):
    COHORT_IMPORT = "cohort_import"
    CURRENTS_EXPORT = "currents_export"
    SCHEDULED_SYNCS = "scheduled_syncs"
    USER_PROFILE = "user_profile"


@dataclass(frozen=True, slots=True)
class Partner:
    """One row of the directory. `mark` is two letters that we draw, `colour` names their ground
    (a class of the style sheet)."""

    slug: str
    name: str
    category: Category
    mark: str
    colour: str
    capabilities: tuple[Capability, ...] = (Capability.COHORT_IMPORT,)


AMPLITUDE = "amplitude"

CATEGORY_NAMES: dict[Category, str | Promise] = {
    Category.ANALYTICS: _("Analytics"),
    Category.CUSTOMER_DATA: _("Customer data platform"),
    Category.REVERSE_ETL: _("Reverse ETL"),
}

PARTNERS: tuple[Partner, ...] = (
    Partner(
        "amplitude",
        "Amplitude",
        Category.ANALYTICS,
        "Am",
        "blue",
        (
            Capability.COHORT_IMPORT,
            Capability.CURRENTS_EXPORT,
            Capability.SCHEDULED_SYNCS,
            Capability.USER_PROFILE,
        ),
    ),
    Partner("mixpanel", "Mixpanel", Category.ANALYTICS, "Mx", "violet"),
    Partner("heap", "Heap", Category.ANALYTICS, "He", "indigo"),
    Partner("segment", "Segment", Category.CUSTOMER_DATA, "Sg", "green"),
    Partner("mparticle", "mParticle", Category.CUSTOMER_DATA, "mP", "slate"),
    Partner("tealium", "Tealium", Category.CUSTOMER_DATA, "Te", "teal"),
    Partner("rudderstack", "RudderStack", Category.CUSTOMER_DATA, "Rs", "rust"),
    Partner("treasuredata", "Treasure Data", Category.CUSTOMER_DATA, "TD", "amber"),
    Partner("hightouch", "Hightouch", Category.REVERSE_ETL, "Ht", "forest"),
    Partner("census", "Census", Category.REVERSE_ETL, "Ce", "plum"),
)

_BY_SLUG = {partner.slug: partner for partner in PARTNERS}


def find(slug: str) -> Partner | None:
    return _BY_SLUG.get(slug)


def display_name(slug: str) -> str:
    partner = _BY_SLUG.get(slug)
    return partner.name if partner else slug
