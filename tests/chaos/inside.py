"""Runs in a process of its own on a stack's database: makes what a test needs there, and compares
log, ledger and sandbox event by event. `python -m tests.chaos.inside ACTION`, JSON in and out."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "braze_partners.settings")


def set_up(given: dict[str, Any]) -> dict[str, Any]:
    """A workspace with a REST key and a Current that sends to the sandbox."""
    from django.utils import timezone

    from braze_partners.events import catalogue
    from braze_partners.keys.issuing import By, generate_rest_key
    from braze_partners.workspaces.audit import Actor
    from braze_partners.workspaces.models import Workspace
    from currents import drafts, editing

    now = timezone.now()
    workspace = Workspace.objects.create(name=given["name"], slug=given["name"])
    key = generate_rest_key(workspace, ["currents.events"], "chaos", By(None), now)
    draft = drafts.Draft(
        name="Chaos",
        contact_email="chaos@lumen.example",
        region="sandbox",
        api_key=given["api_key"],
        event_types=tuple(name for name in catalogue.event_types() if name != given["unchosen"]),
    )
    current = editing.create(workspace, drafts.checked(draft), Actor(), now)
    editing.launch(current, Actor(), now)
    return {"workspace": workspace.pk, "current": current.pk, "rest_key": key.secret}


def state(given: dict[str, Any]) -> dict[str, Any]:
    """What waits, with the log counted to its end; `resume` tries a failing one at once."""
    from django.utils import timezone

    from braze_partners.events import event_log
    from braze_partners.workspaces.audit import Actor
    from currents import ledger, moving
    from currents.errors import MoveRefused
    from currents.models import Current
    from currents.states import REFUSED, State

    current = Current.objects.select_related("workspace").get(pk=given["current"])
    if given.get("resume") and current.state in (State.FAILING, *REFUSED):
        with contextlib.suppress(MoveRefused):  # it goes on by now
            moving.resume(current, Actor(), timezone.now())
    head = event_log.head(current.workspace_id)
    ledger.count(current, head)
    return {
        "state": current.state,
        "head": head,
        "waiting": ledger.balance(current.pk).waiting,
        "held": current.holds.count(),
    }


def compare(given: dict[str, Any]) -> dict[str, Any]:
    """`accepted` are ids that were answered 2xx, `unsure` batches of ids that were not answered:
    all of such a batch are in the log or none. Raises AssertionError with what is wrong."""
    from currents.fates import Fate
    from currents.models import Attempt, Current, DeadLetter
    from tests.currents import truth

    current = Current.objects.get(pk=given["current"])
    log = {one.sequence: one for one in truth.logged(current.workspace_id)}
    times = Counter(one.id for one in log.values())
    assert set(times.values()) <= {1}, "an event is twice in the log"
    lost = [name for name in given["accepted"] if name not in times]
    assert not lost, f"answered 2xx and not in the log: {lost[:5]} of {len(lost)}"
    for batch in given["unsure"]:
        stored = sum(name in times for name in batch)
        assert stored in (0, len(batch)), f"{stored} of a batch of {len(batch)} were stored"

    fates = truth.fates(current)
    table, expected = truth.ledger_table(current), truth.recomputed(current)
    assert table == expected, f"ledger: {table - expected} too many, {expected - table} too few"
    found = Counter(fates.values())
    assert not found[Fate.WAITING], f"{found[Fate.WAITING]} still wait"

    arrived = [one for one in in_sandbox(given["sandbox"]) if one["insert_id"] in times]
    by_id = {one.id: one for one in log.values()}
    names = [one["insert_id"] for one in arrived]
    assert len(names) == len(set(names)), "an event is twice in the sandbox"
    delivered = {one.id for one in log.values() if fates[one.sequence] == Fate.DELIVERED}
    missing = delivered - set(names)
    assert not missing, f"called delivered and not in the sandbox: {sorted(missing)[:5]}"
    extra = set(names) - delivered
    allowed = {one.id for one in log.values() if fates[one.sequence] in UNSURE_FATES}
    assert extra <= allowed, f"in the sandbox, but not delivered: {sorted(extra)[:5]}"
    truth.check_order((by_id[name].identity, by_id[name].sequence) for name in names)
    assert not Attempt.objects.filter(current=current, request__contains=given["api_key"]).exists()
    causes = Counter(DeadLetter.objects.filter(current=current).values_list("cause", flat=True))
    return {
        "events": len(log),
        "fates": {str(fate): number for fate, number in found.items()},
        "duplicates": sum(one["duplicates"] for one in arrived),
        "attempts": Attempt.objects.filter(current=current).count(),
        "dead": dict(causes),
    }


# Events that may have been ingested by a request whose answer was lost, and were decided after.
UNSURE_FATES = {"dropped", "dead"}


def in_sandbox(address: str) -> Iterator[dict[str, Any]]:
    """Every event there, in the order of its arrival."""
    import requests

    after: int | None = 0
    while after is not None:
        url = f"{address}/sandbox/api/events/insert-ids"
        answer = requests.get(url, params={"after": after}, timeout=60)
        answer.raise_for_status()
        content = answer.json()
        yield from content["events"]
        after = content["next"]


def mails(given: dict[str, Any]) -> dict[str, Any]:
    from currents.models import FailureMail

    rows = FailureMail.objects.filter(failure__current=given["current"])
    return {"stages": list(rows.order_by("pk").values_list("stage", flat=True))}


ACTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "set_up": set_up,
    "state": state,
    "compare": compare,
    "mails": mails,
}


def main() -> None:
    """One action after the other, as lines come in: a process is slow to start."""
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        django.db.connections.close_all()  # the database may have been another since
        try:
            answer: dict[str, Any] = {"answer": ACTIONS[asked["action"]](asked["given"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
