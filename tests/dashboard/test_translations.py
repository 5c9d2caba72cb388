"""Collecting the words of the interface and finding what a translator has left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from braze_partners import translations


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "braze_partners").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "braze_partners" / "a.py").write_text(
        'x = _("Held")\n'
        'y = ngettext_lazy("%(n)s run", "%(n)s runs", n)\n'
        'z = pgettext("verb", "Star")'
    )
    (tmp_path / "templates" / "b.html").write_text(
        '{% load i18n %}\n    {% translate "Save" %} it\'s {% badge "green" _("Active") %}'
        "{% blocktranslate count n=n %}{{ n }} user{% plural %}{{ n }} users{% endblocktranslate %}"
    )
    return tmp_path


def test_words_of_python_and_of_templates_are_collected(sources: Path) -> None:
    catalog = translations.collect(sources)
    assert {message.id for message in catalog if message.id} == {
        "Held",
        ("%(n)s run", "%(n)s runs"),
        "Star",
        "Save",
        "Active",
        ("%(n)s user", "%(n)s users"),
    }
    assert catalog.get("Star", "verb") is not None


def _french(**texts: str) -> Catalog:
    catalog = Catalog(locale="fr")
    for key, text in texts.items():
        catalog.add(key, text)
    return catalog


def _wanted(*keys: str) -> Catalog:
    catalog = Catalog()
    for key in keys:
        catalog.add(key)
    return catalog


def test_what_is_missing_or_empty_or_fuzzy_is_named() -> None:
    known = _french(Held="Retenue", Save="", Star="Étoile")
    known["Star"].flags.add("fuzzy")
    found = translations.complaints(known, _wanted("Held", "Save", "Star", "Copy"))
    assert found == ["untranslated: Save", "fuzzy: Star", "missing: Copy"]


def test_a_lost_placeholder_is_a_flaw() -> None:
    catalog = Catalog(locale="fr")
    catalog.add("Added by %(name)s", "Ajouté par %(nom)s", flags=["python-format"])
    assert translations.complaints(catalog, _wanted("Added by %(name)s"))


@pytest.mark.parametrize("text", ["Attention : rien", "C'est fait", "« Retenue »", "12 %", "12 %%"])
def test_french_needs_its_own_spaces_and_apostrophe(text: str) -> None:
    assert translations.complaints(_french(Held=text), _wanted("Held"))


def test_right_french_is_taken() -> None:
    text = "C’est «\u00a0fait\u00a0»\u00a0: 12\u00a0%\u202f!"
    assert translations.complaints(_french(Held=text), _wanted("Held")) == []


@pytest.mark.parametrize("text", ["Ajouté par %(name)s", "Ligne %%(place)s", "au plus %d ans"])
def test_a_space_before_a_placeholder_is_none_before_a_percent_sign(text: str) -> None:
    assert translations.complaints(_french(Held=text), _wanted("Held")) == []


def test_updating_keeps_translations_and_drops_what_is_gone(tmp_path: Path, sources: Path) -> None:
    path = tmp_path / "fr" / "django.po"
    known = _french(Held="Retenue", Gone="Partie")
    translations.write_catalogue(path, translations.updated(known, translations.collect(sources)))
    again = translations.read_catalogue(path, "fr")
    assert again["Held"].string == "Retenue"
    assert again.get("Gone") is None
    assert again["Save"].string == ""
    before = path.read_bytes()
    translations.write_catalogue(path, translations.updated(again, translations.collect(sources)))
    assert path.read_bytes() == before
