"""Where a cohort's file is fetched from: one redirect, to hosts that are allowed, without keys."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from cohorts.syncing.states import State
from tests.syncing.world import World, always, csv_of, once

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

WORD = "word"


def leads_to(world: World, url: str) -> None:
    world.amplitude.faults["file"] = always(lambda: Response("", 302, {"Location": url}))


def presigned(server: HTTPServer, *answers: Response) -> list[dict[str, str]]:
    """Serves a pre-signed address of the sandbox's own origin; the headers that it got."""
    got: list[dict[str, str]] = []
    left = list(answers)

    def answer(request: Any) -> Response:
        got.append(dict(request.headers))
        return left.pop(0) if len(left) > 1 else left[0]

    server.expect_request("/signed/list.csv").respond_with_handler(answer)
    return got


def test_one_redirect_is_followed_without_the_keys(world: World, httpserver: HTTPServer) -> None:
    leads_to(world, "/signed/list.csv?X-Amz-Expires=60")
    got = presigned(httpserver, Response(csv_of(["u1"])))
    assert world.sync().state == State.COMPLETED
    assert world.members() == world.numbers("u1")
    assert len(got) == 1 and "Authorization" not in got[0]
    assert "Authorization" in world.amplitude.headers[-1]


def test_a_second_redirect_is_an_error_that_names_the_host(
    world: World, httpserver: HTTPServer
) -> None:
    leads_to(world, "/signed/list.csv")
    onwards = Response("", 302, {"Location": "https://elsewhere.example/list.csv"})
    presigned(httpserver, onwards)
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, "redirect")
    assert "elsewhere.example" in run.error and world.cohort.size == 0


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://files.evil.example/list.csv", "files.evil.example"),
        ("https://amazonaws.com.evil.example/list.csv", "amazonaws.com.evil.example"),
        ("https://notamazonaws.com/list.csv", "notamazonaws.com"),
        ("http://bucket.s3.amazonaws.com/list.csv", "bucket.s3.amazonaws.com without https"),
        (f"https://key:{WORD}@bucket.s3.amazonaws.com/list.csv", "bucket.s3.amazonaws.com"),
        ("http://127.0.0.1:1/list.csv", "127.0.0.1 without https"),
        ("file:///etc/passwd", "nowhere without https"),
    ],
)
def test_a_redirect_to_a_host_that_is_not_allowed_is_an_error_that_names_it(
    world: World, url: str, told: str
) -> None:
    leads_to(world, url)
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, "redirect")
    assert told in run.error and world.cohort.size == 0
    assert world.amplitude.seen.count("file") == 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_allowed_host_that_leads_to_a_private_address_is_refused(
    world: World, settings: Any, host: str
) -> None:
    settings.AMPLITUDE_DOWNLOAD_HOSTS = [host]
    leads_to(world, f"https://{host}:1/list.csv")
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, "redirect")
    assert "no public address" in run.error


def test_the_sandboxs_origin_is_no_exception_for_a_project_of_another_region(
    world: World, httpserver: HTTPServer, settings: Any
) -> None:
    settings.AMPLITUDE_US_ANALYTICS_URL = httpserver.url_for("").rstrip("/")
    world.schedule.project.region = "us"
    world.schedule.project.save()
    leads_to(world, "/signed/list.csv")
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, "redirect")


def test_an_expired_address_is_asked_for_anew(world: World, httpserver: HTTPServer) -> None:
    leads_to(world, "/signed/list.csv")
    expired = Response("<Error><Message>Request has expired</Message></Error>", 403)
    presigned(httpserver, expired, Response(csv_of(["u1"])))
    run = world.sync()
    assert (run.state, run.attempts) == (State.COMPLETED, 0)
    assert world.amplitude.seen.count("file") == 2 and world.amplitude.jobs == 1


def test_an_address_that_is_always_expired_fails_in_the_end(
    world: World, httpserver: HTTPServer
) -> None:
    leads_to(world, "/signed/list.csv")
    presigned(httpserver, Response("expired", 403))
    run = world.sync()
    assert (run.state, run.error_code) == (State.FAILED, "unexpected")
    assert "expired" in run.error


def test_a_file_that_breaks_off_is_downloaded_again(world: World) -> None:
    def broken() -> Response:
        """Promises more bytes than it sends."""
        whole = csv_of(["u1", "u2"])
        response = Response(iter([whole[:-4]]), 200, mimetype="text/csv")
        response.headers["Content-Length"] = str(len(whole))
        return response

    world.amplitude.faults["file"] = once(broken())
    run = world.sync("u1", "u2")
    assert run.state == State.COMPLETED and run.attempts == 1
    assert world.members() == world.numbers("u1", "u2")
