"""What a Current may be: each refusal is a sentence beside its field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from braze_partners.events import catalogue
from braze_partners.partners.amplitude.hosts import Region, regions
from currents.drafts import Draft, Stage, checked, checked_key, chosen_types
from currents.errors import DraftRefused
from tests.currents.factories import API_KEY, EMAIL_OPEN, PURCHASE

WHOLE = Draft(
    name="Message engagement → Amplitude",
    contact_email="crm-alerts@lumen.example",
    api_key=API_KEY,
    event_types=(EMAIL_OPEN, PURCHASE),
)


def problems(draft: Draft, **options: Any) -> dict[str, str]:
    with pytest.raises(DraftRefused) as refused:
        checked(draft, **options)
    return refused.value.problems


def test_a_whole_draft_may_be_launched() -> None:
    found = checked(WHOLE, stage=Stage.LAUNCH)
    assert (found.name, found.api_key, found.removed) == (WHOLE.name, API_KEY, 0)


def test_a_draft_needs_nothing_but_a_name() -> None:
    assert checked(Draft(name=" Later ")).name == "Later"
    assert problems(Draft(name=" \n ")) == {"name": "Enter a name for the integration."}


def test_a_launch_asks_for_all_of_it_at_once() -> None:
    assert problems(Draft(), stage=Stage.LAUNCH) == {
        "name": "Enter a name for the integration.",
        "contact_email": "Enter the e-mail address that is told when Amplitude refuses the key.",
        "api_key": "Enter the API key of the Amplitude project.",
        "event_types": "Select at least one event type.",
    }


def test_a_stored_key_need_not_be_entered_again() -> None:
    assert checked(replace(WHOLE, api_key=""), stage=Stage.LAUNCH, stored_key=True).api_key == ""


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a\tb\r\n c", "a b c"),
        ("nul\x00in it", "nul in it"),
        ("<b>bold</b> & more", "<b>bold</b> & more"),
        ("half \ud83d of a pair", "half of a pair"),
        ("מכירות \u202eabc", "מכירות \u202eabc"),
    ],
)
def test_a_name_is_one_line_without_control_characters(name: str, stored: str) -> None:
    assert checked(Draft(name=name)).name == stored


def test_a_name_is_as_long_as_its_column() -> None:
    assert checked(Draft(name="x" * 255)).name == "x" * 255
    assert problems(Draft(name="x" * 256)) == {"name": "Enter a name of at most 255 characters."}


@pytest.mark.parametrize("address", ["crm-alerts@lumen", "crm", "a@b@c.example", "a\x00@b.example"])
def test_a_contact_is_a_complete_address(address: str) -> None:
    found = problems(replace(WHOLE, contact_email=address))
    assert found == {"contact_email": "Enter a complete e-mail address, like name@example.com."}


def test_a_contact_is_as_long_as_its_column() -> None:
    long = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example"
    assert "254 characters" in problems(replace(WHOLE, contact_email=long))["contact_email"]


def test_hidden_characters_of_a_key_are_removed_and_counted() -> None:
    found = checked(replace(WHOLE, api_key=f"\ufeff{API_KEY[:8]}\u200b{API_KEY[8:]}\u00a0\n"))
    assert (found.api_key, found.removed) == (API_KEY, 4)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("\u200b\ufeff ", "Only hidden characters were entered. Copy the key again."),
        ("а8b1éé", "No API key has а é in it. Copy it again from Amplitude."),  # Cyrillic а
        ("abc", "An API key has at least 4 characters. Copy all of it."),
        ("k" * 129, "An API key has at most 128 characters. Copy only the key."),
    ],
)
def test_what_can_be_no_key_is_refused(key: str, sentence: str) -> None:
    assert problems(replace(WHOLE, api_key=key)) == {"api_key": sentence}
    with pytest.raises(DraftRefused, match=sentence.split(".")[0]):
        checked_key(key, "us")


def test_a_key_alone_must_be_one_and_for_a_region() -> None:
    with pytest.raises(DraftRefused, match=r"Enter the API key of the Amplitude project\."):
        checked_key("", "us")
    with pytest.raises(DraftRefused, match="Choose a region"):
        checked_key(API_KEY, "mars")
    assert checked_key(f" {API_KEY}", "us").removed == 1


def test_what_is_launched_may_lose_all_its_event_types_but_not_its_contact_or_key() -> None:
    emptied = replace(WHOLE, event_types=())
    assert checked(emptied, Stage.LAUNCHED).event_types == ()
    found = problems(Draft(name="x"), stage=Stage.LAUNCHED)
    assert set(found) == {"contact_email", "api_key"}


def test_event_types_stand_once_and_in_picker_order() -> None:
    found = checked(replace(WHOLE, event_types=(PURCHASE, EMAIL_OPEN, PURCHASE)))
    assert found.event_types == (EMAIL_OPEN, PURCHASE)


def test_unknown_event_types_are_refused_by_their_names() -> None:
    asked = (EMAIL_OPEN, "users.messages.fax.Send", "<script>", "x" * 300, "other")
    sentence = problems(replace(WHOLE, event_types=asked))["event_types"]
    assert sentence == "There is no such event type: <script>, other, users.messages.fax.Send …"


def test_all_and_lists_of_types_are_read() -> None:
    assert len(chosen_types("all")) == len(catalogue.event_types()) == 94
    assert chosen_types(f" {EMAIL_OPEN} ,,{PURCHASE},") == (EMAIL_OPEN, PURCHASE)


def test_the_sandbox_is_a_region_where_it_is_enabled(settings: Any) -> None:
    settings.SANDBOX_ENABLED = True
    assert regions() == [Region.US, Region.EU, Region.SANDBOX]
    settings.SANDBOX_ENABLED = False
    assert regions() == [Region.US, Region.EU]
    sandbox = replace(WHOLE, region="sandbox")
    refused = {"region": "The sandbox is not enabled here. Choose another region."}
    assert problems(sandbox) == refused
    assert checked(sandbox, stored_region="sandbox").region == "sandbox"
    assert problems(sandbox, stored_region="sandbox", stage=Stage.LAUNCH) == refused


def test_another_region_is_refused() -> None:
    found = problems(replace(WHOLE, region="mars"))
    assert found == {"region": "Choose a region: us, eu, sandbox."}
