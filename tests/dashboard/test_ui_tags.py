"""The tags and filters of every template, as templates use them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from braze_partners.dashboard.templatetags.ui import ICON_ALIASES

ROOT = Path(settings.BASE_DIR)
SPRITE_NAMES = set(
    re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/lucide.svg").read_text())
)


def _own_templates() -> list[Path]:
    """Ours on screen: the sandbox draws its own icons, mails follow no policy."""
    found = (ROOT / "templates").rglob("*.html")
    return [path for path in found if not {"sandbox", "mail"} & set(path.parts)]


def render(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_an_icon_is_decoration_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in render('{% icon "key" %}')
    named = render('{% icon "key" 16 label="Key" %}')
    assert 'role="img"' in named and 'aria-label="Key"' in named and "icon--16" in named


def test_every_icon_of_the_templates_and_of_python_is_in_the_sprite() -> None:
    used: dict[str, str] = {}
    for path in _own_templates():
        for name in re.findall(r'{% icon "([^"]+)"', path.read_text()):
            used[ICON_ALIASES.get(name, name)] = path.name
        for name in re.findall(r'{% badge "[a-z]+" \S+ "([^"]+)"', path.read_text()):
            used[ICON_ALIASES.get(name, name)] = path.name
    for path in [*ROOT.glob("braze_partners/**/*.py"), *ROOT.glob("cohorts/**/*.py")]:
        if "sandbox" in path.parts:
            continue
        for name in re.findall(r'icon="([^"]+)"', path.read_text()):
            used[ICON_ALIASES.get(name, name)] = path.name
    missing = {name: place for name, place in used.items() if name not in SPRITE_NAMES}
    assert not missing


def test_text_given_to_a_tag_is_escaped() -> None:
    assert "<script>" not in render('{% badge "green" text "check" %}', text="<script>")


def test_a_bar_never_leaves_its_track() -> None:
    assert 'class="bar-fill" width="100.00%"' in render("{% bar 1.7 %}")
    assert 'class="bar-fill" width="0.00%"' in render("{% bar share %}", share=None)


def test_a_bar_shows_what_was_lost_against_the_row_above() -> None:
    drawn = render("{% bar 0.25 previous=0.7 %}")
    assert 'class="bar-loss" width="70.00%"' in drawn
    assert 'class="bar-fill" width="25.00%"' in drawn


@pytest.mark.parametrize("values", [[], [1]])
def test_a_sparkline_needs_two_values(values: list[int]) -> None:
    assert render("{% sparkline values %}", values=values) == ""


def test_a_sparkline_of_equal_values_is_a_line_in_the_middle() -> None:
    assert 'd="M0.0 12.0L72.0 12.0"' in render("{% sparkline values %}", values=[5, 5])


def test_a_time_carries_its_exact_form() -> None:
    moment = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
    drawn = render("{{ moment|when }}", moment=moment)
    assert 'datetime="2025-03-01T09:00:00+00:00"' in drawn
    assert 'title="Saturday 1 March 2025, 09:00:00' in drawn
    assert ">1 Mar 2025, 09:00</time>" in drawn


def test_a_chart_holds_its_data_its_summary_and_the_same_as_a_table() -> None:
    points = [
        (datetime(2026, 5, 1, 8, tzinfo=UTC), 10),
        (datetime(2026, 5, 1, 20, tzinfo=UTC), 12),
        (datetime(2026, 5, 2, 8, tzinfo=UTC), 1_204),
    ]
    drawn = render('{% size_chart points "Size" "Grew to 1,204." %}', points=points)
    assert '"y": [10, 12, 1204]' in drawn
    assert "Grew to 1,204." in drawn
    assert "1,204</td>" in drawn and ">12</td>" in drawn and ">10</td>" not in drawn


class _Form(forms.Form):
    email = forms.EmailField(help_text="Where mails go.")
    kind = forms.ChoiceField(choices=[("a", "A")])
    agree = forms.BooleanField(required=False, label="I agree")


def test_a_field_links_label_hint_and_error_to_its_control() -> None:
    drawn = render(
        '{% include "components/field.html" with field=form.email %}', form=_Form({"email": "x"})
    )
    assert '<label for="id_email">' in drawn
    assert 'aria-invalid="true"' in drawn and 'class="input"' in drawn
    described = re.search(r'aria-describedby="([^"]+)"', drawn)
    assert described
    assert all(f'id="{name}"' in drawn for name in described[1].split())


def test_controls_get_the_class_of_their_kind() -> None:
    form = _Form()
    assert 'class="select"' in render("{% field_widget form.kind %}", form=form)
    box = render('{% include "components/field.html" with field=form.agree %}', form=form)
    assert 'class="check"' in box and "I agree" in box


def test_the_pager_keeps_the_other_parameters() -> None:
    request = RequestFactory().get("/x", {"q": "spring", "page": "2"})
    page = Paginator(range(1_000), 50).page(2)
    drawn = render_to_string("components/pager.html", {"page": page}, request=request)
    assert "51 to 100 of 1,000" in drawn
    assert "?q=spring&amp;page=3" in drawn and "?q=spring&amp;page=1" in drawn


def test_no_template_has_what_the_policy_refuses() -> None:
    refused = re.compile(r"\sstyle=|\son[a-z]+=\"|hx-on|<style|javascript:", re.IGNORECASE)
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>")
    for path in _own_templates():
        source = re.sub(r"{%.*?%}", "", path.read_text())
        assert not refused.search(source), path
        assert not inline.search(source), path
