"""A secret does not come through, however it is written and wherever a text is cut."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from braze_partners.partners.amplitude.redaction import head, mask, without

KEY = 'a8b1"c2/é+d3e4f5a6b7c8d9e0f1'


def test_a_long_secret_keeps_its_last_four_and_a_short_one_nothing() -> None:
    assert mask(KEY) == "••••e0f1"
    assert mask("short") == "••••"


@pytest.mark.parametrize(
    "spelled",
    [KEY, json.dumps(KEY), json.dumps(KEY, ensure_ascii=False), quote(KEY, safe="")],
)
def test_every_spelling_is_masked(spelled: str) -> None:
    text = without(KEY, f"before {spelled} between {spelled} after")
    assert "c2" not in text
    assert "d3e4" not in text
    assert text.count("••••e0f1") == 2


def test_no_secret_leaves_a_text_as_it_is() -> None:
    assert without("", "as it is") == "as it is"
    assert head(b"as it is", "", 100) == "as it is"


@pytest.mark.parametrize("before", range(60))
def test_a_cut_leaves_no_half_of_a_secret(before: int) -> None:
    shown = head(b"x" * before + KEY.encode() * 200, KEY, 40)
    assert len(shown) <= 41
    assert "a8" not in shown


def test_a_body_of_nothing_but_secrets_shows_none() -> None:
    secret = "k" * 10 + "0123456789" * 20
    shown = head(secret.encode() * 1_000, secret, 2_000)
    assert "012345" not in shown
    assert shown.endswith("…")


def test_bytes_that_are_no_text_and_nul_become_text_that_any_database_keeps() -> None:
    assert head(b"a\xff\0b", "", 10) == "a\ufffd\ufffdb"


def test_a_text_of_just_the_length_is_whole() -> None:
    assert head("é".encode() * 10, "", 10) == "é" * 10
    assert head("é".encode() * 11, "", 10) == "é" * 10 + "…"
