"""Chromium through Playwright: a page that fails on script errors, refused content and requests
that leave the machine; and axe's findings on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.bed.plugin import NO_CHROMIUM

# Background features off: on a closed network they only make failing connections.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 900}
SKIPPED = f"{NO_CHROMIUM} (Debian package chromium, or CHROMIUM=/path): browser tests "


def chromium() -> str | None:
    given = os.environ.get("CHROMIUM", "")
    return given or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Generator[Any, None, None]:
    """A Playwright browser; skips without Chromium, and fails instead where CI=true."""
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(SKIPPED + "can't run, and under CI they must.")
        pytest.skip(SKIPPED + "SKIPPED.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


def watch(page: Any, problems: list[str]) -> None:
    """Note what no page of ours may do."""
    page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    page.on("request", lambda request: _note_if_elsewhere(request.url, problems))

    def on_console(message: Any) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            problems.append(f"refused by CSP: {message.text}")

    page.on("console", on_console)


def _note_if_elsewhere(url: str, problems: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme.startswith("http") and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        problems.append(f"request leaves the machine: {url}")


@pytest.fixture
def page(browser: Any) -> Generator[Any, None, None]:
    """A page in a fresh context. The test fails when the page had script errors, content refused
    by the security policy, or requests to elsewhere."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Paris")
    context.set_default_timeout(10_000)
    problems: list[str] = []
    context.on("page", lambda opened: watch(opened, problems))
    yield context.new_page()
    context.close()
    assert problems == []


@pytest.fixture
def sign_in() -> Callable[[Any, str, str, str], None]:
    """`sign_in(page, address, email, password)` through the sign-in page, as a person does."""

    def go(page: Any, address: str, email: str, password: str) -> None:
        page.goto(f"{address}/sign-in/")
        page.locator("input[name=username]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)

    return go


@cache
def _axe() -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def axe_violations() -> Callable[[Any], list[str]]:
    """`axe_violations(page)`: one line per WCAG 2.2 AA violation, with where it is."""
    return lambda page: _violations(page, {"type": "tag", "values": WCAG_22_AA})


@pytest.fixture
def contrast_violations() -> Callable[[Any], list[str]]:
    """As `axe_violations`, of the one rule to which another theme makes a difference."""
    return lambda page: _violations(page, {"type": "rule", "values": ["color-contrast"]})


def _violations(page: Any, only: dict[str, Any]) -> list[str]:
    options = {"resultTypes": ["violations"], "runOnly": only}
    found = _axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
