"""Hidden characters that come along with a pasted key."""

from __future__ import annotations

import pytest

from braze_partners.keys.pasting import strangers, without_hidden

KEY = "a8b1000000000000000000000041f7"


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("\u200b", id="zero-width space"),
        pytest.param("\u200d", id="zero-width joiner"),
        pytest.param("\ufeff", id="byte order mark"),
        pytest.param("\u00a0", id="no-break space"),
        pytest.param("\u202f", id="narrow no-break space"),
        pytest.param("\u202e", id="right-to-left override"),
        pytest.param("\u00ad", id="soft hyphen"),
        pytest.param("\u2028", id="line separator"),
        pytest.param("\ufe0f", id="variation selector"),
        pytest.param("\u3164", id="hangul filler"),
        pytest.param("\x00", id="NUL"),
        pytest.param("\x7f", id="delete"),
        pytest.param("\t", id="tab"),
        pytest.param("\r\n", id="line end"),
        pytest.param(" ", id="space"),
        pytest.param("\ud800", id="lone surrogate"),
    ],
)
def test_a_hidden_character_is_taken_out_wherever_it_stands_and_counted(hidden: str) -> None:
    pasted = without_hidden(f"{hidden}{KEY[:9]}{hidden}{KEY[9:]}{hidden}")

    assert pasted.text == KEY
    assert pasted.removed == 3 * len(hidden)


def test_a_clean_key_is_left_alone() -> None:
    assert without_hidden(KEY).removed == 0


def test_what_can_be_seen_stays_and_is_named_instead() -> None:
    assert without_hidden("clé–1é").text == "clé–1é"
    assert strangers("clé–1é") == ["é", "–"]
    assert strangers(KEY + "-_.!~") == []
