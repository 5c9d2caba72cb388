"""Walks every address as everyone: what is expected follows from the role table alone.

Screens: anonymous people are sent to sign-in, members of another workspace get 404, roles without
the declared right 403. Public pages: as the table PUBLIC says. Everything else speaks to machines
and wants a key.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from braze_partners.workspaces.models import Role
from braze_partners.workspaces.roles import May, allows
from tests.cast import Cast
from tests.house.addresses import Address, addresses
from tests.house.objects import OWNED, SHARED, WHAT_TO_DO

ALL = addresses()
LET_IN = (200, 204, 302, 405)

# A GET of each public page: its status for anonymous people, and for someone who is signed in.
PUBLIC: dict[str, tuple[int, int]] = {
    "home": (302, 302),
    "sign-in": (200, 302),
    "sign-out": (405, 405),
    "password-reset": (200, 200),
    "password-reset-confirm": (200, 200),
    "invitation": (404, 404),
    "invitation-answer": (404, 404),
    "account": (302, 200),
    "change-password": (405, 405),
    "end-sessions": (405, 405),
    "end-session": (405, 405),
    "set-language": (405, 405),
    "set-theme": (405, 405),
}
# Addresses for machines that need no key, each with the reason.
OPEN_TO_MACHINES: dict[str, str] = {
    "healthz": "a load balancer asks without a key",
    "readyz": "a load balancer asks without a key",
    "metrics": "guarded by METRICS_TOKEN or the loopback address",
    "users-export-segment-file": "the signed link is what lets in, as at Braze",
    "api-schema": "the description of the API holds no data",
    "api-docs": "the description of the API holds no data",
}

SCREENS = [address for address in ALL if address.is_screen]
PAGES = [address for address in ALL if address.name in PUBLIC]
MACHINES = [
    address
    for address in ALL
    if not address.is_screen and address.name not in PUBLIC | OPEN_TO_MACHINES
]


def _path(address: Address, cast: Cast, workspace: str = "lumen") -> str:
    return reverse(address.name, kwargs=_parameters(address, cast, workspace))


def _parameters(address: Address, cast: Cast, workspace: str) -> dict[str, Any]:
    wanted = address.parameters - {"workspace"}
    given: dict[str, Any] = {}
    if address.name in OWNED:
        given = OWNED[address.name](cast)
    elif address.name in SHARED:
        given = SHARED[address.name]
    elif wanted:
        pytest.fail(WHAT_TO_DO.format(name=address.name, parameters=sorted(wanted)))
    return given | ({"workspace": workspace} if address.is_screen else {})


@pytest.mark.parametrize("address", SCREENS, ids=str)
def test_a_screen_lets_in_exactly_whom_the_role_table_lets_in(address: Address, cast: Cast) -> None:
    right = getattr(address.view, "may", None)
    assert isinstance(right, May), f"{address.name} declares no right: put @may(May.…) on its view"
    path = _path(address, cast)
    assert Client().get(path)["Location"] == f"/sign-in/?next={path}"
    assert Client().post(path)["Location"] == "/sign-in/?next=/"
    stranger = cast.client(cast.mallory)
    assert stranger.get(path).status_code == stranger.post(path).status_code == 404
    roles = ((cast.alice, Role.ADMIN), (cast.bob, Role.MARKETER), (cast.charlie, Role.VIEWER))
    for account, role in roles:
        client = cast.client(account)
        status = client.get(path).status_code
        if allows(role, right):
            assert status in LET_IN, f"{role} may {right}, but GET {path} answers {status}"
        else:
            assert status == client.post(path).status_code == 403, f"{role} got into {path}"


@pytest.mark.parametrize("address", [a for a in SCREENS if a.name in OWNED], ids=str)
def test_an_object_is_not_found_from_inside_another_workspace(address: Address, cast: Cast) -> None:
    client = cast.client(cast.mallory)
    path = _path(address, cast, workspace="other")
    assert client.get(path).status_code in (404, 405)
    assert client.post(path).status_code in (404, 405)
    assert 404 in (client.get(path).status_code, client.post(path).status_code)


@pytest.mark.parametrize("address", PAGES, ids=str)
def test_a_public_page_answers_as_its_table_says(address: Address, cast: Cast) -> None:
    path = _path(address, cast)
    anonymous, signed_in = PUBLIC[address.name]
    assert Client().get(path).status_code == anonymous
    assert cast.client(cast.charlie).get(path).status_code == signed_in


@pytest.mark.parametrize("address", MACHINES, ids=str)
def test_a_machine_without_a_key_gets_a_refusal_in_json(address: Address, cast: Cast) -> None:
    path = _path(address, cast)
    for client in (Client(), cast.client(cast.alice)):
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(client, method)(path, content_type="application/json")
            assert answer.status_code in (401, 405), f"{method} {path}: {answer.status_code}"
            assert "json" in answer["Content-Type"]


@pytest.mark.parametrize("address", SCREENS + PAGES, ids=str)
def test_no_form_is_taken_without_its_token(address: Address, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(_path(address, cast)).status_code in (403, 405)


def test_every_address_is_a_screen_a_public_page_or_one_for_machines() -> None:
    unnamed = [address.route for address in ALL if not address.name.split(":")[-1]]
    assert not unnamed, f"Give these addresses a name: {unnamed}"
    strange = [a.name for a in MACHINES if not a.route.startswith(MACHINE_ROUTES)]
    assert not strange, (
        f"{strange} are neither below /w/ nor for machines. Add them to PUBLIC or OPEN_TO_MACHINES "
        "in tests/house/test_url_walk.py, with what everyone should see."
    )


MACHINE_ROUTES = (
    "partners/",
    "segments/",
    "campaigns/",
    "events/",
    "canvas/",
    "users/",
    "currents/",
    "api/",
)


def test_the_tables_of_the_walk_name_only_what_exists() -> None:
    names = {address.name for address in ALL}
    assert not {*OWNED, *SHARED, *PUBLIC, *OPEN_TO_MACHINES} - names
