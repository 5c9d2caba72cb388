"""Every refusal in both shapes, and JSON whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import Client
from django.urls import path
from pytest_django import Settings

from braze_partners import errors
from braze_partners.keys import errors as key_errors

REFUSALS: list[errors.Refusal] = [
    *(kind() for kind in errors.BY_STATUS.values()),
    key_errors.UnknownKey(),
    key_errors.UnknownRestKey(),
    key_errors.WrongPartner("bpi_8Yw2…k4Tz"),
    key_errors.InvalidPartnerKey(),
    errors.LacksPermission("segments.list"),
    key_errors.AddressNotAllowed(),
    key_errors.TooManyFailures(17),
    errors.BadRequest("Some fields are not valid", fields={"label": ["Too long."]}),
]
RAISED: dict[str, Exception] = {
    "crash": RuntimeError("the password is hunter2"),
    "missing": Http404("secret"),
    "denied": PermissionDenied("secret"),
    "big": RequestDataTooBig("secret"),
    **{f"refusal-{number}": refusal for number, refusal in enumerate(REFUSALS)},
}


def throw(request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what]


def read_only(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotAllowed(["GET"])


handler404 = "braze_partners.rest.edge.not_found"
urlpatterns = [
    path("partners/throw/<slug:what>", throw),
    path("api/v1/throw/<slug:what>", throw),
    path("segments/read-only", read_only),
]


@pytest.fixture
def client() -> Iterator[Client]:
    yield Client(raise_request_exception=False)


@pytest.fixture
def throwing(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


def get(client: Client, path: str) -> tuple[Any, dict[str, Any]]:
    response = client.get(path)
    return response, response.json()


@pytest.mark.parametrize("number", range(len(REFUSALS)))
def test_a_refusal_takes_brazes_shape_on_brazes_paths(
    client: Client, throwing: None, number: int
) -> None:
    refusal = REFUSALS[number]
    response, body = get(client, f"/partners/throw/refusal-{number}")

    assert response.status_code == refusal.status
    assert response.headers["Content-Type"] == "application/json"
    assert body["message"] == refusal.text
    assert body["errors"] == (["Too long."] if refusal.fields else [refusal.text])
    assert refusal.headers.items() <= response.headers.items()


@pytest.mark.parametrize("number", range(len(REFUSALS)))
def test_a_refusal_is_a_problem_under_api(client: Client, throwing: None, number: int) -> None:
    refusal = REFUSALS[number]
    response, body = get(client, f"/api/v1/throw/refusal-{number}")

    assert response.status_code == body["status"] == refusal.status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (body["type"], body["detail"]) == ("about:blank", refusal.text)
    assert body["title"] and body["instance"] == f"/api/v1/throw/refusal-{number}"
    assert body.get("errors", {}) == refusal.fields


@pytest.mark.parametrize(
    ("what", "status"), [("crash", 500), ("missing", 404), ("denied", 403), ("big", 413)]
)
@pytest.mark.parametrize("room", ["/partners/throw", "/api/v1/throw"])
@pytest.mark.parametrize("debug", [False, True])
def test_what_django_answers_becomes_json_and_leaks_nothing(
    client: Client,
    throwing: None,
    settings: Settings,
    room: str,
    what: str,
    status: int,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    response, body = get(client, f"{room}/{what}")

    assert response.status_code == status
    assert body.get("message") or body["detail"]
    assert b"hunter2" not in response.content
    assert b"secret" not in response.content
    if status == 500:
        assert body["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "path", ["/partners/", "/partners/x/y/z", "/segments/nope", "/users/track/x", "/api/v1/nope"]
)
def test_an_unknown_address_is_a_json_404(client: Client, path: str) -> None:
    response, body = get(client, path)

    assert response.status_code == 404
    assert "Not found" in (body.get("message"), body.get("detail"))


def test_a_wrong_method_says_which_are_allowed(client: Client, throwing: None) -> None:
    response = client.post("/segments/read-only")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"
    assert response.json()["message"] == "This method is not allowed here"


def test_a_huge_body_is_refused_before_it_is_read(client: Client) -> None:
    response = client.generic(
        "POST", "/partners/amplitude/cohorts", b"x", CONTENT_LENGTH=str(50 * 1024 * 1024)
    )

    assert response.status_code == 413
    assert response.json()["message"] == "The request body is too large"


@pytest.mark.parametrize("path", ["/partners/amplitude/cohorts/users", "/api/v1/segments"])
def test_a_compressed_body_is_refused_by_its_name(client: Client, path: str) -> None:
    response = client.post(
        path, b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )

    assert response.status_code == 415
    assert response.headers["Accept-Encoding"] == "identity"
    assert "Content-Encoding" in response.content.decode()


def test_a_host_that_is_not_ours_is_a_json_400(client: Client) -> None:
    response = client.get("/api/v1/workspace", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_pages_for_people_stay_pages(client: Client) -> None:
    response = client.get("/nothing/here")

    assert response.status_code == 404
    assert "json" not in response.headers["Content-Type"]
