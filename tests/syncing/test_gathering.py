"""From the ids of a file to numbers, in threads beside the one that reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cohorts.syncing.errors import BadFile
from cohorts.syncing.gathering import gather, unpacked
from tests.cohorts.conftest import make_partner


def batches(count: int) -> Iterator[list[str]]:
    return ([f"u{n % 20}", f"ghost{n % 7}", f"g\n{n}"] for n in range(count))


def resolving() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("resolving")]


@pytest.mark.django_db(transaction=True)
def test_ids_become_numbers_however_many_threads_ask() -> None:
    partner = make_partner()
    beats: list[None] = []
    found = gather(
        partner.workspace.pk,
        batches(50),
        keep_unknown=True,
        alive=lambda: beats.append(None),
    )
    assert set(found.people) == set(partner.numbers)
    assert (found.received, found.unknown, len(beats)) == (150, 57, 50)
    assert found.packed is not None
    again = [one for some in unpacked(found.packed, 10) for one in some]
    assert set(again) == set(found.listed) and len(found.listed) == 57
    assert resolving() == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_turns_out_bad_leaves_no_thread_behind() -> None:
    def bad() -> Iterator[list[str]]:
        yield from batches(5)
        raise BadFile("truncated", "It ends in the middle.")

    partner = make_partner()
    with pytest.raises(BadFile):
        gather(partner.workspace.pk, bad(), keep_unknown=False, alive=lambda: None)
    assert resolving() == []


@pytest.mark.django_db(transaction=True)
def test_who_lost_the_run_leaves_no_thread_behind() -> None:
    def lost() -> None:
        raise KeyError

    partner = make_partner()
    with pytest.raises(KeyError):
        gather(partner.workspace.pk, batches(50), keep_unknown=False, alive=lost)
    assert resolving() == []
