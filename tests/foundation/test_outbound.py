"""URLs that people give lead to public addresses, whatever a name server says."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pytest_django import Settings as SettingsWrapper
from pytest_httpserver import HTTPServer
from werkzeug import Response

from braze_partners import outbound
from braze_partners.checks import outbound_allowed_is_readable
from braze_partners.outbound import OutboundRefused
from braze_partners.partners.amplitude import sessions
from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure


def call(url: str) -> Answer | NetworkFailure:
    return outbound.post(url, b"{}", headers={}, seconds=5, max_answer_bytes=100)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the name server says."""
    known: dict[str, list[str]] = {}

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in known.get(host, [host])]

    monkeypatch.setattr(sessions.socket, "getaddrinfo", resolve)
    return known


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://[::1",
        "https://example.com:99999/",
        "https://user" + "@example.com/",
        "https://exam ple.com/",
        "https://example.com/\x00",
        "https://example.com/" + "x" * 2_000,
        "http://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ],
)
def test_it_refuses_what_is_no_plain_https_url(url: str) -> None:
    with pytest.raises(OutboundRefused):
        outbound.check(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "[::ffff:10.0.0.5]",
        "[64:ff9b::a00:5]",
        "[2002:a00:5::]",
    ],
)
def test_it_refuses_addresses_that_are_not_public(host: str) -> None:
    with pytest.raises(OutboundRefused):
        outbound.check(f"https://{host}/hook")


def test_it_takes_public_addresses_and_names() -> None:
    assert outbound.check("https://93.184.216.34/hook").port == 443
    assert outbound.check("https://[2606:2800:220:1::1]:8443/").port == 8443
    assert outbound.check("https://Hooks.Example.com./x?y=1").host == "hooks.example.com"


@pytest.mark.parametrize(
    "addresses", [["10.0.0.5"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"]]
)
def test_a_name_that_leads_inside_is_refused_before_connecting(
    names: dict[str, list[str]], addresses: list[str]
) -> None:
    names["hooks.example.com"] = addresses
    with pytest.raises(OutboundRefused, match="no public address"):
        call("https://hooks.example.com/")


def test_numbers_that_only_a_resolver_reads_are_refused_after_resolution(
    names: dict[str, list[str]],
) -> None:
    names["2130706433"] = names["0x7f.1"] = ["127.0.0.1"]
    for host in ("2130706433", "0x7f.1"):
        with pytest.raises(OutboundRefused):
            call(f"https://{host}/")


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "with-port", "localhost"])
def test_a_setting_opens_the_gate(
    settings: SettingsWrapper, httpserver: HTTPServer, entry: str
) -> None:
    httpserver.expect_request("/hook").respond_with_data("ok", 202)
    host = "localhost" if entry == "localhost" else "127.0.0.1"
    entry = f"127.0.0.1:{httpserver.port}" if entry == "with-port" else entry
    settings.OUTBOUND_ALLOWED = [entry]
    answer = call(f"http://{host}:{httpserver.port}/hook")
    assert isinstance(answer, Answer) and (answer.status, answer.body) == (202, b"ok")


def test_another_port_than_the_one_that_is_allowed_stays_shut(settings: SettingsWrapper) -> None:
    settings.OUTBOUND_ALLOWED = ["127.0.0.1:9000"]
    with pytest.raises(OutboundRefused):
        call("http://127.0.0.1:9001/")


def test_a_redirect_is_an_answer_and_is_not_followed(
    settings: SettingsWrapper, httpserver: HTTPServer
) -> None:
    settings.OUTBOUND_ALLOWED = ["127.0.0.1"]
    away = Response("", 302, {"Location": "http://169.254.169.254/latest"})
    httpserver.expect_request("/hook").respond_with_response(away)
    answer = call(httpserver.url_for("/hook").replace("localhost", "127.0.0.1"))
    assert isinstance(answer, Answer) and answer.status == 302


def test_nobody_there_is_a_failure_and_no_exception(settings: SettingsWrapper) -> None:
    settings.OUTBOUND_ALLOWED = ["127.0.0.1"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert isinstance(call(f"http://127.0.0.1:{port}/"), NetworkFailure)


def test_a_setting_that_cannot_be_read_stops_the_start(settings: SettingsWrapper) -> None:
    settings.OUTBOUND_ALLOWED = ["hooks.internal", "10.0.0.0/8", "http://x/"]
    assert [found.id for found in outbound_allowed_is_readable(None)] == ["braze_partners.E008"]
