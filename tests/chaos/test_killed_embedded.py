"""The embedded default, one worker on SQLite, under the same deaths and the same comparison."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Generator

import pytest

from tests.chaos import running
from tests.chaos.running import Bed, any_faults

KILLS = int(os.environ.get("CHAOS_KILLS", "20")) // 5
SEED = int(os.environ.get("CHAOS_SEED", "1"))

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.embedded,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.timeout(3_600),
]


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bed, None, None]:
    if os.environ["TEST_BED_DATABASE_URL"] and "CHAOS_KILLS" not in os.environ:
        pytest.skip("this run is on PostgreSQL; the embedded pass runs it")
    made = running.start(tmp_path_factory.mktemp("chaos"), embedded=True, workers=1)
    assert made is not None
    yield made
    made.end()


def test_worker_and_web_killed_by_turns_lose_nothing(bed: Bed) -> None:
    """The destination fails meanwhile; what was answered 2xx is sent once, in order."""
    flow, dice = bed.flow(SEED), random.Random(SEED)
    (worker,) = bed.workers
    with flow.posting():
        for number in range(KILLS):
            bed.faults(**any_faults(dice))
            worker.wait_until_it_delivers()
            time.sleep(dice.uniform(0.0, 1.5))
            worker.kill()
            worker.start()
            if number % 2:
                old = bed.stack.kill("web")
                bed.stack.wait_for_new("web", old, 60)
    bed.faults()
    flow.drain()
    flow.compare()
