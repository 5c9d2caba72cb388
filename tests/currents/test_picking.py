"""The picker's layout and words, and how JSON is shown."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from braze_partners.events import catalogue
from currents import picker_words, picking, showing
from currents.templatetags.json_code import json_code


def test_the_picker_holds_every_type_once_in_the_catalogues_order() -> None:
    groups = [
        group for category in picking.categories() for group in (*category.groups, *category.later)
    ]
    names = [kind.name for group in groups for kind in group.types]
    assert sorted(names) == sorted(catalogue.event_types()) and len(names) == 94
    for group in groups:
        orders = [kind.order for kind in group.types]
        assert orders == sorted(orders)


def test_groups_without_a_core_type_stand_behind_the_fold() -> None:
    message, customer = picking.categories()
    assert [len(message.groups), len(message.later)] == [11, 7]
    assert [len(customer.groups), len(customer.later)] == [5, 3]
    assert sum(len(group.types) for group in message.later) == 29


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_group_and_label_has_its_words(language: str) -> None:
    with override(language):
        for kind in catalogue.event_types().values():
            full = picker_words.full_label(kind)
            assert full == f"{picker_words.group_label(kind.group)} · {picker_words.label(kind)}"
        for category in picking.categories():
            for group in category.later:
                assert picker_words.short_label(group.name)
    assert set(picker_words.GROUPS) == {kind.group for kind in catalogue.event_types().values()}
    assert set(picker_words.LABELS) == {kind.label for kind in catalogue.event_types().values()}


def test_the_first_groups_are_open_until_something_is_chosen() -> None:
    message, _customer = showing.categories(())
    assert [group.is_open for group in message.groups[:6]] == [True] * 4 + [False] * 2
    message, _customer = showing.categories(("users.messages.webhook.Send",))
    assert [group.label for group in message.groups if group.is_open] == ["Webhook Events"]
    assert (message.chosen, message.fold.chosen) == (1, 0)


def test_json_is_coloured_and_nothing_in_it_becomes_markup() -> None:
    shown = json_code('{"a<b": "</pre><script>", "n": [-1.5e3, true, null], "q": "say \\"x\\""}')
    assert '<span class="code-key">&quot;a&lt;b&quot;</span>:' in shown
    assert '<span class="code-number">-1500.0</span>' in shown
    assert '<span class="code-number">null</span>' in shown
    assert "<script>" not in shown and "</pre>" not in shown


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert json_code("<html>Sign in…") == "&lt;html&gt;Sign in…"
    assert json_code('{"cut": "off…') == "{&quot;cut&quot;: &quot;off…"
