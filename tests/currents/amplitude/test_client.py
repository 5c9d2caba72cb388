"""A request goes to its region's upload path; a region without an address is unreachable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure, Trouble
from currents.amplitude import answers, client
from currents.amplitude.limits import MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    ("region", "setting"), [("us", "US"), ("eu", "EU"), ("sandbox", "SANDBOX")]
)
def test_each_region_is_called_at_its_upload_path(
    httpserver: HTTPServer, settings: Any, region: str, setting: str
) -> None:
    setattr(settings, f"AMPLITUDE_{setting}_URL", httpserver.url_for(""))
    httpserver.expect_request("/2/httpapi", method="POST").respond_with_json({"code": 200})
    answer = client.upload(region, b'{"api_key":"k"}', deadline=5.0)
    assert isinstance(answer, Answer)
    request = httpserver.log[0][0]
    assert request.get_data() == b'{"api_key":"k"}'
    assert request.headers["Content-Type"] == "application/json"


def test_a_sandbox_that_does_not_run_is_unreachable(settings: Any, tmp_path: Path) -> None:
    settings.RUN_FILE = tmp_path / "run.json"
    failure = client.upload("sandbox", b"{}", deadline=5.0)
    assert isinstance(failure, NetworkFailure)
    assert (failure.kind, failure.may_have_arrived) == (Trouble.CONNECTION, False)
    assert failure.words == "The sandbox is not running."


def test_an_answer_of_ten_megabytes_is_read_up_to_the_limit(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(b"[" * 10_000_000, status=400)
    answer = client.send(httpserver.url_for("/"), b"{}", deadline=10.0)
    assert isinstance(answer, Answer)
    assert (len(answer.body), answer.cut) == (MAX_ANSWER_BYTES, True)
    assert isinstance(answers.read(answer, sent=1, api_key="k"), answers.Unexpected)
