"""The demo in French: screens, form errors and letters, with nothing left in English."""

from __future__ import annotations

import re
from collections.abc import Generator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from braze_partners.dashboard import demo
from braze_partners.messaging.models import Outreach
from braze_partners.supervisor.translating import compile_translations
from braze_partners.workspaces.models import Account, Workspace
from cohorts.models import Cohort, ImportRun
from cohorts.segments.models import Segment
from currents.fates import Fate
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    AttemptFactory,
    CredentialFailureFactory,
    DeadLetterFactory,
    HoldFactory,
    LedgerEntryFactory,
)

pytestmark = pytest.mark.django_db
CATALOGUE = Path(django_settings.BASE_DIR) / "locale" / "fr" / "LC_MESSAGES" / "django.po"
# A language is offered by its own name; the colon of a cohort's exact label stays as it is.
OWN_NAMES = {"English", ":"}
# What is said in words of others: names that people gave, and code.
OTHERS = {"bdi", "code", "pre", "script", "style", "textarea"}
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "rect", "circle", "line", "use"}
SAID_IN_ATTRIBUTES = ("aria-label", "placeholder", "title", "data-label", "data-busy")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]")
LETTERS = re.compile(r"[A-Za-z]")


@pytest.fixture(autouse=True)
def french(tmp_path: Path, settings: Any) -> Generator[None, None, None]:
    """The catalogue compiled as a start does it, in a place of its own."""
    place = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    place.parent.mkdir(parents=True)
    place.write_bytes(CATALOGUE.read_bytes())
    compile_translations(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]
    with translation.override("fr"):
        yield


class _Said(HTMLParser):
    """Every text of a page and every text of its spoken attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._open: list[bool] = []  # for each open element: whether others speak in it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.texts.update(_squeezed(own.get(name) or "") for name in SAID_IN_ATTRIBUTES)
        if tag not in VOID:
            others = tag in OTHERS or (tag != "html" and "lang" in own)
            self._open.append(others or (bool(self._open) and self._open[-1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1]):
            self.texts.add(_squeezed(data))


def _squeezed(text: str) -> str:
    """Without the source's line breaks; no-break spaces are part of the words."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def _said(html: str) -> set[str]:
    said = _Said()
    said.feed(html)
    return said.texts - {""}


def _forms(words: Any) -> set[str]:
    return set(words) if isinstance(words, list | tuple) else {words}


def _english() -> tuple[set[str], re.Pattern[str]]:
    """The English of the catalogue that is French nowhere: whole texts, and a pattern of those
    with values in them."""
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file, locale="fr") if message.id]
    english = set().union(*(_forms(message.id) for message in messages))
    french = set().union(*(_forms(message.string) for message in messages))
    plain, patterns = set(), []
    for key in english - french - OWN_NAMES:
        pieces = PLACEHOLDER.split(key)
        if len(pieces) == 1:
            plain.add(_squeezed(key))
        elif len(LETTERS.findall("".join(pieces))) > 5:
            patterns.append(r"\S+".join(re.escape(piece) for piece in pieces))
    return plain, re.compile("|".join(f"(?:{each})" for each in patterns))


def _left_in_english(html: str) -> list[str]:
    plain, pattern = _english()
    return sorted(
        text for text in _said(html) if text in plain or pattern.fullmatch(text) is not None
    )


def _demo_client() -> Client:
    demo.load(timezone.now())
    account = Account.objects.get(email="admin@demo.example")
    account.language = "fr"
    account.save()
    client = Client()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _demo_pages() -> dict[str, str]:
    """Each screen of the demo with a sentence that it must say."""
    slug = Workspace.objects.get().slug
    cohort = Cohort.objects.order_by("pk").first()
    run = ImportRun.objects.order_by("-pk").first()
    segment = Segment.objects.order_by("name").first()
    campaign = Outreach.objects.get(kind=Outreach.Kind.CAMPAIGN)
    canvas = Outreach.objects.get(kind=Outreach.Kind.CANVAS)
    assert cohort and run and segment
    of_workspace = {
        "dashboard:home": "Membres des cohortes",
        "dashboard:search": "Que chercher\u202f?",
        "cohorts:list": "Les partenaires les envoient\u202f; les segments les incluent ou les"
        " excluent.",
        "cohorts:runs": "Filtres des imports",
        "segments:list": "Les miens seulement",
        "segments:create": "Statistiques exactes calculées",
        "campaigns:list": "Tous les états",
        "campaigns:create": "Enregistrement comme brouillon.",
        "canvas:list": "Inclure les archives",
        "canvas:create": "Nom du Canvas",
        "people:search": "Dans l’ordre d’arrivée",
        "people:import": "Envoyer et voir l’aperçu",
        "keys:rest": "Clés API REST",
        "workspaces:members": "Droits de chaque rôle",
        "workspaces:settings": "Créer les utilisateurs inconnus à l’import de cohortes",
        "workspaces:audit": "Toutes les actions",
    }
    pages = {reverse(name, args=[slug]): words for name, words in of_workspace.items()}
    for name, key, words in (
        ("cohorts:detail", cohort.pk, "Évolution de la taille"),
        ("cohorts:members", cohort.pk, "Vue d’ensemble"),
        ("cohorts:cohort_runs", cohort.pk, "Taille après"),
        ("cohorts:used_in", cohort.pk, "Utilisée dans"),
        ("cohorts:run", run.pk, "Résultat de l’import"),
        ("segments:detail", segment.pk, "Chercher un utilisateur"),
        ("segments:members", segment.pk, "Détails"),
        ("campaigns:detail", campaign.pk, "Remettre en brouillon"),
        ("campaigns:edit", campaign.pk, "Canaux"),
        ("campaigns:target", campaign.pk, "Filtres supplémentaires"),
        ("canvas:detail", canvas.pk, "Groupe témoin"),
        ("canvas:target", canvas.pk, "Cibler les utilisateurs par segment"),
        ("canvas:steps", canvas.pk, "Répartir également"),
        ("people:person", 0, "Attributs personnalisés"),
    ):
        pages[reverse(name, args=[slug, key])] = words
    pages[f"/w/{slug}/partners/"] = "Chercher un partenaire"
    pages[f"/w/{slug}/partners/amplitude/"] = "Clé d’import de données"
    pages["/account/"] = "Sessions ouvertes"
    pages[f"/w/{slug}/nothing-here/"] = "Cette page n’existe pas"
    return pages


def test_the_screens_of_the_demo_say_nothing_in_english() -> None:
    client = _demo_client()
    left: dict[str, list[str]] = {}
    for address, words in _demo_pages().items():
        html = client.get(address).content.decode()
        assert '<html lang="fr"' in html, address
        assert words in _said(html), address
        if found := _left_in_english(html):
            left[address] = found
    assert left == {}


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_a_currents_pages_say_nothing_in_english(state: State, cast: Cast) -> None:
    cast.alice.language = "fr"
    cast.alice.save()
    attempt = AttemptFactory.create(current__workspace=cast.workspace, current__state=state)
    current = attempt.current
    CredentialFailureFactory.create(current=current)
    HoldFactory.create(current=current)
    DeadLetterFactory.create(current=current)
    for fate in (Fate.WAITING, Fate.NO_IDENTITY, Fate.DROPPED, Fate.DELIVERED):
        LedgerEntryFactory.create(current=current, fate=fate)
    client = cast.client(cast.alice)
    page = reverse("currents:detail", args=["lumen", current.pk])
    left = {}
    for place in ("", "?step=no_identity", "attempts/", "dead-letters/", "settings/", "hot/"):
        left[place] = _left_in_english(client.get(page + place).content.decode())
    one = reverse("currents:attempt", args=["lumen", current.pk, attempt.pk])
    left["attempt"] = _left_in_english(client.get(one).content.decode())
    left["home"] = _left_in_english(client.get("/w/lumen/").content.decode())
    assert {place: texts for place, texts in left.items() if texts} == {}


def test_the_frame_is_in_french(cast: Cast) -> None:
    cast.alice.language = "fr"
    cast.alice.save()
    said = _said(cast.client(cast.alice).get("/w/lumen/").content.decode())
    assert {
        "Tableau de bord",
        "Accueil",
        "Recherche d’utilisateur",
        "Cohortes importées",
        "Imports",
        "Partenaires",
        "Membres",
        "Clés API REST",
        "Journal d’audit",
        "Se déconnecter",
    } <= said


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/sign-in/", "Se connecter"),
        ("/password-reset/", "Mot de passe oublié"),
        ("/invitations/unknown/", "Cette invitation ne peut pas être utilisée"),
    ],
)
def test_the_pages_before_sign_in_say_nothing_in_english(address: str, words: str) -> None:
    client = Client(headers={"accept-language": "fr"})
    html = client.get(address).content.decode()
    assert words in _said(html)
    assert _left_in_english(html) == []


def test_a_refused_form_is_explained_in_french(cast: Cast) -> None:
    cast.alice.language = "fr"
    cast.alice.save()
    answer = cast.client(cast.alice).post(
        "/w/lumen/settings/members/", {"email": "nobody", "role": "king"}
    )
    html = answer.content.decode()
    assert "Saisir une adresse e-mail comme ana@example.org." in html
    assert _left_in_english(html) == []


def test_letters_are_in_the_language_of_the_workspace(cast: Cast) -> None:
    cast.workspace.language = "fr"
    cast.workspace.save()
    cast.client(cast.alice).post(
        "/w/lumen/settings/members/", {"email": "new@example.org", "role": "viewer"}
    )
    letter = mail.outbox[-1]
    assert letter.subject == "Invitation à rejoindre Lumen Outfitters sur Braze Partners"
    assert "Alice propose de rejoindre" in str(letter.body)
    assert "avec le rôle Lecteur" in str(letter.body)


def test_what_is_left_in_english_is_found() -> None:
    html = '<p>Audit Log</p><p title="Sign out">12 members</p><bdi>Members</bdi><p>Membres</p>'
    assert _left_in_english(html) == ["12 members", "Audit Log", "Sign out"]
