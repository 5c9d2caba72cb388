"""SIGKILL of the web process in the middle of imports: what was answered 201 is there, and of
what was not answered either everything or nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.bed.stack import Stack

PEOPLE_PER_REQUEST = 20
CLIENTS = 4
REQUESTS_EACH = 100
KILLS = 2
SHARED = "kill-0"


class Pushers:
    """Clients that push blocks of people, each block once, over connections that may break. The
    first of all goes to cohorts that do not exist yet, so that their making is killed as well."""

    def __init__(self, address: str, secret: str) -> None:
        self.address = urlsplit(address)
        self.secret = secret
        self.answered: set[tuple[str, int]] = set()
        self.sent: set[tuple[str, int]] = set()
        self.lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self._run, args=(client,)) for client in range(CLIENTS)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self, client: int) -> None:
        for step in range(REQUESTS_EACH):
            block = client * REQUESTS_EACH + step
            # Half of the pushes meet in one cohort, the others make cohorts as they go.
            cohort = SHARED if step % 2 == 0 else f"kill-{1 + block % 60}"
            with self.lock:
                self.sent.add((cohort, block))
            if self._push(cohort, block) == 201:
                with self.lock:
                    self.answered.add((cohort, block))
            else:
                time.sleep(0.05)

    def _push(self, cohort: str, block: int) -> int:
        body = {
            "partner_api_key": "p",
            "client_secret": self.secret,
            "cohort_id": cohort,
            "cohort_changes": [{"user_ids": people_of(block)}],
        }
        connection = HTTPConnection(str(self.address.hostname), self.address.port, timeout=10)
        try:
            connection.request("POST", "/partners/amplitude/cohorts/users", json.dumps(body))
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def people_of(block: int) -> list[str]:
    first = block * PEOPLE_PER_REQUEST
    return [f"p{number}" for number in range(first, first + PEOPLE_PER_REQUEST)]


def with_people(stack: Stack, folder: Path) -> str:
    """A workspace whose people the pushes name; the secret of its key."""
    table = folder / "people.csv"
    count = CLIENTS * REQUESTS_EACH * PEOPLE_PER_REQUEST
    table.write_text("external_id\n" + "".join(f"p{n}\n" for n in range(count)))
    stack.manage("create_workspace", "--slug", "demo", "--name", "Demo")
    stack.manage("import_people", "--workspace", "demo", str(table))
    issued = stack.manage("issue_import_key", "--workspace", "demo", "--partner", "amplitude")
    return issued.strip().splitlines()[-1]


# One process for all cohorts; `cohort_members` for one is tested beside.
ALL_MEMBERS = """
import json
from cohorts.management.commands.cohort_members import people_of
from cohorts.models import Cohort
found = {}
for cohort in Cohort.objects.all():
    found[cohort.cohort_id] = [person.identifier for person in people_of(cohort)]
    assert cohort.size == len(found[cohort.cohort_id]), cohort
    assert cohort.sequence == cohort.runs.filter(sequence__isnull=False).count(), cohort
print("MEMBERS", json.dumps(found))
"""


def members_by_cohort(stack: Stack) -> dict[str, set[str]]:
    printed = stack.manage("shell", "-c", ALL_MEMBERS)
    line = next(line for line in printed.splitlines() if line.startswith("MEMBERS"))
    found: dict[str, list[str]] = json.loads(line.removeprefix("MEMBERS"))
    return {cohort: set(members) for cohort, members in found.items()}


@pytest.mark.timeout(300)
def test_what_was_answered_is_there_and_nothing_half(
    fresh_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = fresh_stack(demo=False)
    pushers = Pushers(stack.web, with_people(stack, tmp_path))
    pushers.start()
    for kill in range(1, KILLS + 1):
        enough = kill * CLIENTS * REQUESTS_EACH // (KILLS + 2)
        while len(pushers.answered) < enough:
            time.sleep(0.01)
        stack.wait_for_new("web", stack.kill("web"))
    pushers.join()
    lost = pushers.sent - pushers.answered
    assert lost, "a kill that hits no request proves nothing"
    members = members_by_cohort(stack)
    for cohort, block in pushers.sent:
        there = members.get(cohort, set()) & set(people_of(block))
        whole = len(there) == PEOPLE_PER_REQUEST
        assert whole or not there, f"half of block {block} is in {cohort}"
        assert whole or (cohort, block) in lost, f"block {block} was answered and is lost"
    for cohort, block in lost:
        assert pushers._push(cohort, block) == 201
    shared = {who for cohort, block in pushers.sent if cohort == SHARED for who in people_of(block)}
    printed = stack.manage("cohort_members", "--workspace", "demo", SHARED)
    assert set(printed.split()) == shared
