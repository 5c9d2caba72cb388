"""Small worlds for segment tests: people by number, cohorts by name, and the same in plain sets."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from braze_partners.people import sets
from braze_partners.people.identity import identifier_hash
from braze_partners.people.models import (
    Attribute,
    AttributeValue,
    NumberCounter,
    PeopleSet,
    Profile,
)
from braze_partners.workspaces.models import Workspace
from cohorts import bitmaps
from cohorts.models import Cohort, CohortBlock, ImportRun
from cohorts.segments.definition import Definition, parse
from tests.workspaces.factories import WorkspaceFactory

NOW = datetime(2026, 5, 12, 14, 32, 8, tzinfo=UTC)
_ids = itertools.count(1)


@dataclass
class World:
    """`people` are the live numbers; who is in `anonymous` has no external id."""

    workspace: Workspace
    next: int = 0
    deleted: set[int] = field(default_factory=set)
    anonymous: set[int] = field(default_factory=set)
    cohorts: dict[str, set[int]] = field(default_factory=dict)

    @property
    def people(self) -> set[int]:
        return set(range(self.next)) - self.deleted

    def cohort(
        self, cohort_id: str, members: Collection[int], partner: str = "amplitude"
    ) -> Cohort:
        """A cohort whose base is written directly, as a fold would leave it."""
        cohort = Cohort.objects.create(
            workspace=self.workspace,
            partner=partner,
            cohort_id=cohort_id,
            name=f"Cohort {cohort_id}",
            first_received_at=NOW,
            size=len(members),
        )
        CohortBlock.objects.bulk_create(
            CohortBlock(cohort=cohort, block=block, bits=bitmaps.encode_block(bits))
            for block, bits in bitmaps.split(bitmaps.BitMap(members)).items()
        )
        self.cohorts[cohort_id] = set(members)
        return cohort

    def run(self, cohort: Cohort, added: Collection[int], removed: Collection[int]) -> ImportRun:
        """One more run, not folded yet."""
        cohort.sequence += 1
        cohort.save(update_fields=["sequence"])
        members = self.cohorts[cohort.cohort_id]
        members |= set(added)
        members -= set(removed)
        return ImportRun.objects.create(
            workspace=self.workspace,
            partner=cohort.partner,
            cohort=cohort,
            sequence=cohort.sequence,
            state=ImportRun.State.COMPLETED,
            request_id=f"req_{cohort.sequence}",
            at=NOW,
            added=len(added),
            removed=len(removed),
            added_bits=bitmaps.encode(bitmaps.BitMap(added)),
            removed_bits=bitmaps.encode(bitmaps.BitMap(removed)),
        )

    def profile(self, number: int, external_id: str | None, **fields: Any) -> Profile:
        return Profile.objects.create(
            workspace=self.workspace,
            number=number,
            braze_id=f"{next(_ids):024x}",
            external_id=external_id,
            external_hash=identifier_hash(external_id) if external_id else None,
            created_at=NOW,
            **fields,
        )

    def value(self, profile: Profile, name: str, number: float) -> None:
        """A custom attribute that holds numbers."""
        attribute, _made = Attribute.objects.get_or_create(
            workspace=self.workspace, name=name, defaults={"type": Attribute.Type.NUMBER}
        )
        AttributeValue.objects.create(attribute=attribute, profile=profile, number=number)


def world(
    people: int,
    deleted: Collection[int] = (),
    anonymous: Collection[int] = (),
    workspace: Workspace | None = None,
) -> World:
    """A workspace with numbers `[0, people)`; no profile rows unless they are asked for."""
    made = World(
        workspace or WorkspaceFactory.create(), people, set(deleted), set(anonymous) - set(deleted)
    )
    NumberCounter.objects.create(workspace=made.workspace, next=people)
    with transaction.atomic():
        sets.change(made.workspace.pk, PeopleSet.Kind.DELETED, made.deleted)
        sets.change(made.workspace.pk, PeopleSet.Kind.ANONYMOUS, made.anonymous)
    return made


def cohort_filter(*cohorts: str, operator: str = "includes", partner: str = "amplitude") -> Any:
    return {"type": "cohort", "partner": partner, "operator": operator, "cohorts": list(cohorts)}


def segment_filter(*segments: object, operator: str = "includes") -> Any:
    return {"type": "segment", "operator": operator, "segments": [str(each) for each in segments]}


def has_external_id(present: bool = True) -> Any:
    return {"type": "external_user_id", "operator": "is_set" if present else "is_not_set"}


def any_of(*values: str) -> Any:
    return {"type": "external_user_id", "operator": "is_any_of", "values": list(values)}


def in_country(*countries: str, operator: str = "is_any_of") -> Any:
    given = {"type": "country", "operator": operator}
    return given | ({"values": list(countries)} if countries else {})


def visits(operator: str, *numbers: float) -> Any:
    """Of the custom attribute “visits”."""
    given = {
        "type": "attribute",
        "attribute": "visits",
        "value_type": "number",
        "operator": operator,
    }
    return given | ({"values": list(numbers)} if numbers else {})


def definition(*rows: Any, exclude: Any = ()) -> Definition:
    """Rows are a filter or a list of filters joined by OR."""

    def row(given: Any) -> dict[str, Any]:
        return {"any": given if isinstance(given, list) else [given]}

    return parse({"all": [row(each) for each in rows], "exclude": [row(each) for each in exclude]})


def elsewhere(act: Callable[[], Any]) -> None:
    """On a connection of its own, committed."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
