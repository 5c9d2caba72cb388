"""The catalogue has all 94 types of Currents, in the picker's order."""

from __future__ import annotations

from braze_partners.events.catalogue import CUSTOM_EVENT, PURCHASE, event_types, unknown


def test_it_has_94_types_of_which_40_are_core() -> None:
    types = event_types()
    assert len(types) == 94
    assert sum(kind.core for kind in types.values()) == 40


def test_it_stands_in_picker_order() -> None:
    assert [kind.order for kind in event_types().values()] == list(range(1, 95))


def test_custom_events_have_their_name_in_their_amplitude_name() -> None:
    types = event_types()
    assert types[CUSTOM_EVENT].amplitude_name == "[Appboy] [Custom Event] {name}"
    assert [kind.name for kind in types.values() if "{" in kind.amplitude_name] == [CUSTOM_EVENT]


def test_an_entry_tells_where_it_stands_and_what_it_carries() -> None:
    purchase = event_types()[PURCHASE]
    assert (purchase.category, purchase.group) == ("customer_behavior", "Purchase Events")
    assert (purchase.label, purchase.amplitude_name) == ("Purchase", "[Appboy] Purchase")
    assert purchase.properties[:3] == ("product_id", "price", "currency")
    assert "ad_id" in purchase.later_properties


def test_it_says_which_names_it_does_not_know() -> None:
    assert unknown([PURCHASE, "users.messages.telepathy.Send"]) == ["users.messages.telepathy.Send"]
