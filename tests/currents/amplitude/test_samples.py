"""The form's preview shows an event of each type, with everything that Amplitude will get."""

from __future__ import annotations

import pytest

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, EventType, event_types
from currents.amplitude.payload import PREFIXES
from currents.amplitude.samples import NOBODYS, VALUES, sample

MOVED = {PURCHASE: {"product_id", "price"}}


@pytest.mark.parametrize("event_type", event_types().values(), ids=lambda kind: kind.name)
def test_a_sample_has_every_property_of_its_type(event_type: EventType) -> None:
    event = sample(event_type)
    below = set(event["event_properties"])
    prefixes = tuple(PREFIXES.values())
    regular = {name for name in below if not name.startswith(prefixes)}
    assert regular == set(event_type.properties) - MOVED.get(event_type.name, set())
    assert (event_type.name in (CUSTOM_EVENT, PURCHASE)) == bool(below - regular)
    assert "{name}" not in event["event_type"]
    assert event["library"] == "Braze"


@pytest.mark.parametrize("event_type", event_types().values(), ids=lambda kind: kind.name)
def test_a_sample_is_of_somebody_unless_its_type_has_nobody(event_type: EventType) -> None:
    assert ("user_id" in sample(event_type)) == (event_type.name != NOBODYS)


def test_a_sample_is_the_same_every_time() -> None:
    kind = event_types()[PURCHASE]
    assert sample(kind) == sample(kind)


def test_only_ids_tokens_and_keys_are_made_up_from_their_name() -> None:
    """A new property of the catalogue needs a value that a person would believe."""
    named = {name for kind in event_types().values() for name in kind.properties}
    told_by_its_name = ("_id", "_token", "_key", "_auth", "bsuid")
    assert [
        name for name in sorted(named - set(VALUES)) if not name.endswith(told_by_its_name)
    ] == []
    assert set(VALUES) - named == set()
