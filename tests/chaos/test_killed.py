"""Real processes die at any instant; then the log, the ledger and the sandbox are compared event
by event. Short in `make test`; `make chaos` does the same for long."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Generator

import pytest
import redis

from tests.bed.stack import wait_until
from tests.chaos import running
from tests.chaos.running import Bed, any_faults

KILLS = int(os.environ.get("CHAOS_KILLS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bed, None, None]:
    if not os.environ["TEST_BED_DATABASE_URL"]:
        pytest.skip("this run is on the embedded default")
    made = running.start(tmp_path_factory.mktemp("chaos"), embedded=False)
    if made is None:
        pytest.skip("no binaries of PostgreSQL and Redis")
    yield made
    made.end()


@pytest.fixture(autouse=True)
def well(bed: Bed) -> Generator[None, None, None]:
    yield
    bed.faults()


def test_two_workers_killed_again_and_again_lose_nothing(bed: Bed) -> None:
    """One of the two dies at a random instant, while the destination fails in every way it can."""
    flow, dice = bed.flow(SEED), random.Random(SEED)
    bed.all_deliver()
    steady = {"invalid_events": {"share": 0.01}}
    with flow.posting():
        for number in range(KILLS):
            bed.faults(**steady, **any_faults(dice))
            killed, other = bed.workers if number % 2 else reversed(bed.workers)
            killed.wait_until_it_delivers()
            time.sleep(dice.uniform(0.0, 1.0))
            killed.kill()
            killed.start()
            other.wait_until_it_delivers()
    bed.faults(**steady)
    flow.drain()
    found = flow.compare()
    assert found["fates"]["dead"] > 0


def test_a_web_process_killed_during_intake_keeps_what_it_answered_2xx(bed: Bed) -> None:
    """What was answered is there, and of what was not answered all or nothing."""
    flow, dice = bed.flow(SEED), random.Random(SEED)
    with flow.posting(threads=4, pause=0.01):
        for _ in range(max(2, KILLS // 10)):
            time.sleep(dice.uniform(0.5, 1.5))
            old = bed.stack.kill("web")
            bed.stack.wait_for_new("web", old, 60)
    assert flow.unsure
    flow.drain()
    flow.compare()


def test_a_redis_that_loses_its_data_or_dies_costs_no_event(bed: Bed) -> None:
    """Emptied twice, then killed and started empty."""
    assert bed.redis is not None
    flow = bed.flow(SEED)
    url = bed.stack.env["REDIS_URL"]
    with flow.posting():
        for _ in range(2):
            time.sleep(1)
            redis.Redis.from_url(url).flushall()
        time.sleep(1)
        bed.restart(bed.redis, signal.SIGKILL)
        time.sleep(1)
    flow.drain()
    flow.compare()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["restarted", "killed"])
def test_a_database_that_goes_and_comes_back_has_kept_everything(
    bed: Bed, how: signal.Signals
) -> None:
    """Under load; what was answered 2xx before it went is there."""
    assert bed.database is not None
    flow = bed.flow(SEED)
    with flow.posting():
        time.sleep(1.5)
        bed.restart(bed.database, how)
        time.sleep(1.5)
    wait_until(lambda: flow.post(5) == 201, 60)
    flow.drain()
    flow.compare()


def test_several_schedulers_at_once_tell_and_drop_nothing_twice(bed: Bed) -> None:
    """Three workers run beat here all the time; now a key is refused and taken again."""
    flow = bed.flow(SEED)
    flow.post(50)
    flow.drain()
    bed.faults(expired_key={})
    with flow.posting():
        wait_until(lambda: stopped(bed, flow), 20)
        time.sleep(2)
    bed.faults()
    flow.drain()
    flow.compare()
    assert bed.inside.ask("mails", current=flow.current)["stages"] == ["first", "recovered"]


def stopped(bed: Bed, flow: running.Flow) -> bool:
    return str(bed.inside.ask("state", current=flow.current)["state"]) == "stopped"
