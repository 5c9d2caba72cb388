"""What every test gets: a fast password hasher, an empty cache, no network, the cast."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate

from braze_partners.rest import counters
from tests.bed.browser import (
    axe_violations,
    browser,
    contrast_violations,
    page,
    sign_in,
)
from tests.bed.sockets import sockets_off
from tests.bed.stack import fresh_stack, live_stack
from tests.cast import cast

# Fixtures, found by pytest under these names.
__all__ = [
    "axe_violations",
    "contrast_violations",
    "browser",
    "cast",
    "fresh_stack",
    "live_stack",
    "page",
    "sign_in",
    "sockets_off",
]


def pytest_configure(config: pytest.Config) -> None:
    # Slow hashing protects real passwords only; it would cost a third of the suite's time.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A thread with a connection of its own would not see a test's transaction, and outlive it.
    django_settings.WRITE_KEY_USE_IN_BACKGROUND = False
    post_migrate.connect(empty_the_log)


def empty_the_log(sender: AppConfig, **_: object) -> None:
    """The log is no model, so what empties the tables after a test with real commits leaves it."""
    if sender.label == "events":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM events_batch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys of one file share the worker, and so its stack of processes."""
    for item in items:
        path = item.path.as_posix()
        if "/tests/journeys/" in path:
            item.add_marker(pytest.mark.xdist_group(f"journeys-{item.path.stem}"))
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def empty_cache() -> Generator[None, None, None]:
    cache.clear()
    counters.forget_local()
    yield


@pytest.fixture
def eager_tasks(settings: object) -> Generator[None, None, None]:
    """Tasks run inside the call that wakes them. Without it a wake-up goes nowhere, as it may in
    production: tests call the task's function."""
    from braze_partners.celery import app

    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
