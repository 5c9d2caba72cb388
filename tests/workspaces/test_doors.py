"""The door to a workspace: who is let in, what the others see."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from braze_partners.workspaces.models import Member, Role
from braze_partners.workspaces.roles import ROLE_TABLE, May, allows
from tests.cast import Cast

MEMBERS = "/w/lumen/settings/members/"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/w/lumen/segments/?q=a"}


def test_anonymous_people_learn_nothing_of_which_workspaces_exist(cast: Cast) -> None:
    for slug in ("lumen", "nowhere"):
        answer = Client().get(f"/w/{slug}/settings/members/?page=2")
        assert answer.status_code == 302
        assert answer["Location"] == f"/sign-in/?next=/w/{slug}/settings/members/%3Fpage%3D2"


def test_a_workspace_of_others_and_one_that_does_not_exist_look_the_same(cast: Cast) -> None:
    client = cast.client(cast.mallory)
    theirs = client.get(MEMBERS)
    nowhere = client.get("/w/nowhere/settings/members/")
    assert theirs.status_code == nowhere.status_code == 404
    assert "Lumen" not in theirs.content.decode()


def test_a_role_without_the_right_is_refused_in_words(cast: Cast) -> None:
    for method in ("get", "head", "post", "put", "delete"):
        answer = getattr(cast.client(cast.bob), method)(MEMBERS)
        assert answer.status_code == 403, method
    page = cast.client(cast.bob).get(MEMBERS).content.decode()
    assert "You are Marketer in this workspace" in page
    assert "It takes one of these roles: Admin" in page


def test_a_fragment_is_refused_as_a_fragment(cast: Cast) -> None:
    answer = cast.client(cast.bob).get(MEMBERS, headers=HTMX)
    assert answer.status_code == 403
    assert "<html" not in answer.content.decode()
    assert unquote(answer["X-Message"]).startswith("Your role does not allow this.")


def test_a_fragment_of_an_ended_session_sends_the_whole_page_to_sign_in(cast: Cast) -> None:
    answer = Client().get(MEMBERS, headers=HTMX)
    assert answer["HX-Redirect"] == "/sign-in/?next=/w/lumen/segments/%3Fq%3Da"


def test_after_sign_in_nobody_lands_on_what_only_takes_a_post(cast: Cast) -> None:
    assert Client().post(MEMBERS)["Location"] == "/sign-in/?next=/"


def test_a_screen_that_declares_no_right_is_closed_to_everyone(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from braze_partners.workspaces import views
    from braze_partners.workspaces.middleware import WorkspaceMiddleware

    def undeclared(request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")

    request = HttpRequest()
    request.method, request.user = "GET", cast.alice
    request.htmx = False  # type: ignore[attr-defined]
    door = WorkspaceMiddleware(lambda _request: HttpResponse())
    refused = door.process_view(request, undeclared, [], {"workspace": "lumen"})
    assert refused is not None and refused.status_code == 403
    assert door.process_view(request, views.audit, [], {"workspace": "lumen"}) is None


def test_the_zone_of_one_request_is_not_that_of_the_next(cast: Cast) -> None:
    cast.workspace.time_zone = "Asia/Tokyo"
    cast.workspace.save()
    before = timezone.get_current_timezone_name()
    cast.client(cast.alice).get(MEMBERS)
    assert timezone.get_current_timezone_name() == before


def test_a_form_without_its_token_is_refused_on_a_screen_too(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(MEMBERS, {"email": "x@example.org", "role": "admin"}).status_code == 403


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (May.SEE, {"admin", "marketer", "viewer"}),
        (May.EDIT_SEGMENTS, {"admin", "marketer"}),
        (May.EDIT_CURRENTS, {"admin", "marketer"}),
        (May.RUN_IMPORTS, {"admin", "marketer"}),
        (May.EXPORT_MEMBERS, {"admin", "marketer"}),
        (May.SEE_BODIES, {"admin", "marketer"}),
        (May.ADMINISTER, {"admin"}),
        (May.DELETE, {"admin"}),
    ],
)
def test_the_role_table_is_the_one_of_the_product(right: May, roles: set[str]) -> None:
    assert {role for role in Role.values if allows(role, right)} == roles
    assert set(ROLE_TABLE) == set(Role.values)


def test_an_unknown_role_may_nothing() -> None:
    assert not any(allows("owner", right) for right in May)


def test_a_role_taken_away_counts_from_the_next_request_on(cast: Cast) -> None:
    client = cast.client(cast.alice)
    assert client.get(MEMBERS).status_code == 200
    Member.objects.filter(account=cast.alice).update(role=Role.VIEWER)
    assert client.get(MEMBERS).status_code == 403
