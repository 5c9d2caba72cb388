"""`manage.py segments` and `segment_members`."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cohorts.segments import saving
from tests.cast import Cast
from tests.messaging.worlds import segment
from tests.segments.worlds import NOW, World, cohort_filter, world

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(4, workspace=cast.workspace)
    made.cohort("a", {1, 3})
    for number in range(4):
        made.profile(number, f"usr_é{number}")
    return made


def printed(*given: str) -> str:
    out = StringIO()
    call_command(*given, "--workspace", "lumen", stdout=out)
    return out.getvalue()


def test_segments_are_listed_with_their_sizes(lumen: World) -> None:
    shoppers, old = segment(lumen, "Shoppers", cohort_filter("a")), segment(lumen, "Old")
    saving.set_archived([old], True, by=None, now=NOW)
    assert printed("segments") == f"{shoppers.pk}\t2\tShoppers\n"
    told = json.loads(printed("segments", "--archived", "--json"))
    assert [(each["name"], each["size"], each["archived"]) for each in told] == [
        ("Old", 4, True),
        ("Shoppers", 2, False),
    ]


def test_members_are_printed_counted_or_written_as_csv(lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("a"))
    assert printed("segment_members", "Shoppers") == "usr_é1\nusr_é3\n"
    assert printed("segment_members", str(shoppers.pk), "--size") == "2\n"
    head, *lines = printed("segment_members", "Shoppers", "--csv").splitlines()
    assert len(lines) == 2 and "usr_é1" in lines[0] and "," in head


def test_what_is_not_there_is_said(lumen: World) -> None:
    for given in (["segment_members", "Nobody"], ["segments"]):
        with pytest.raises(CommandError, match="There is no"):
            call_command(*given, "--workspace", "lumen" if len(given) == 2 else "nowhere")
