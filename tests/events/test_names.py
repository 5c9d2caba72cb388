"""Names of custom events: learned from the log, listed at /events/list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from braze_partners.events import activity, limits, names
from braze_partners.events.intake import IncomingEvent
from braze_partners.events.models import EventName
from tests.cast import Cast
from tests.events.factories import NOON, NOON_MS, an_event, log_of
from tests.rest.conftest import KeyClient, full, with_key

__all__ = ["full", "with_key"]
pytestmark = [pytest.mark.embedded, pytest.mark.django_db]
CUSTOM = "users.behaviors.CustomEvent"
PATH = "/events/list"


def custom(name: Any, id: str = "e") -> IncomingEvent:
    return an_event(id, type=CUSTOM, name=name)


def follow(workspace_id: int, *events: IncomingEvent) -> None:
    log_of(workspace_id, [events])
    activity.follow(workspace_id, lambda: NOON)


def listed(client: KeyClient, query: str = "") -> Any:
    answer = client.get(PATH + query)
    assert answer.status_code == 200 and answer.json()["message"] == "success"
    return answer.json()["events"]


def test_names_are_learned_once_and_listed_in_order(full: KeyClient, cast: Cast) -> None:
    workspace = cast.workspace.pk
    follow(workspace, custom("Trial started"), custom("Added to cart"), custom("Trial started"))
    follow(workspace, custom("Trial started"), custom("Été <b>"), an_event("open", name="no"))
    follow(cast.other_workspace.pk, custom("Theirs"))
    assert sorted(listed(full)) == sorted(["Added to cart", "Trial started", "Été <b>"])
    assert EventName.objects.filter(workspace_id=workspace).count() == 3


@pytest.mark.parametrize("name", ["", None, 7, ["x"], "x" * 256, "a\x00b"])
def test_what_is_no_name_is_not_kept(cast: Cast, name: Any) -> None:
    follow(cast.workspace.pk, custom(name))
    unreadable = IncomingEvent(CUSTOM, "e", NOON_MS, "ada", None, None, b"[1]")
    follow(cast.workspace.pk, unreadable)
    assert not EventName.objects.exists()


def test_no_more_names_are_kept_than_the_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MAX_EVENT_NAMES", 3)
    follow(cast.workspace.pk, *[custom(f"n{n}") for n in range(2)])
    follow(cast.workspace.pk, *[custom(f"n{n}") for n in range(9)])
    follow(cast.workspace.pk, custom("another"))
    assert EventName.objects.count() == 3


def test_pages_end_with_an_empty_one(full: KeyClient, cast: Cast) -> None:
    made = [f"event {n:03}" for n in range(limits.NAMES_PER_PAGE + 10)]
    names.learn(cast.workspace.pk, made, NOON)
    assert listed(full) == listed(full, "?page=0") == made[: limits.NAMES_PER_PAGE]
    assert listed(full, "?page=1") == made[limits.NAMES_PER_PAGE :]
    for nowhere in ("2", "-1", "x", "9" * 30, ""):
        assert listed(full, f"?page={nowhere}") == []


def test_it_wants_its_permission_and_tells_the_rate(
    full: KeyClient, with_key: Callable[..., KeyClient]
) -> None:
    assert "X-RateLimit-Remaining" in full.get(PATH)
    refused = with_key("users.track").get(PATH)
    assert refused.status_code == 403 and "events.list" in refused.json()["message"]
    assert full.call("POST", PATH, {}).status_code == 405
