"""Saving campaigns and Canvases: what is refused, what is protected, who was faster."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import ProtectedError

from braze_partners.messaging import audience, saving
from braze_partners.messaging.drafts import Draft, Step, Target, Variant, stored, target_of
from braze_partners.messaging.errors import (
    EditedMeanwhile,
    FieldRefused,
    Incomplete,
    TargetRefused,
)
from braze_partners.messaging.models import Outreach, OutreachCohort, OutreachSegment
from cohorts import keeping
from cohorts.errors import CohortInUse
from cohorts.models import Cohort
from cohorts.segments import tagging
from tests.messaging.worlds import CAMPAIGN, CANVAS, campaign, canvas, segment, target
from tests.segments.worlds import (
    NOW,
    World,
    cohort_filter,
    definition,
    elsewhere,
    has_external_id,
    segment_filter,
    world,
)
from tests.workspaces.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def lumen() -> World:
    made = world(10, anonymous={9})
    made.cohort("k3x9a7f2", {1, 2, 3, 9})
    made.cohort("p81mz0qd", {3, 4})
    return made


def again(outreach: Outreach, draft: Draft, version: int | None = None) -> Outreach:
    version = outreach.version if version is None else version
    return saving.update(outreach, draft, version=version, by=None, now=LATER)


def fresh(outreach: Outreach) -> Outreach:
    return Outreach.objects.get(pk=outreach.pk)


def test_what_is_saved_is_read_back(lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    buyers = segment(lumen, "Buyers", cohort_filter("p81mz0qd"))
    wanted = target(
        buyers, shoppers, filters=[has_external_id()], exclude=[segment_filter(buyers.pk)]
    )
    made = campaign(lumen, target=wanted, tags=("B", "A"), description=" Why ")
    assert stored(fresh(made)) == Draft("Restock", "Why", ("A", "B"), ("email", "push"), wanted)
    assert (made.version, made.state, made.edited_at) == (1, Outreach.State.DRAFT, NOW)


def test_a_canvas_has_the_channels_of_its_steps(lumen: World) -> None:
    made = canvas(lumen, channels=("sms",))
    assert made.channels == ["email", "push"]
    draft = stored(fresh(made))
    assert [(step.name, step.channel) for step in draft.steps] == [
        ("Hello", "email"),
        ("Reminder", "push"),
    ]
    assert [(each.name, each.share) for each in draft.variants] == [
        ("Variant 1", 50),
        ("Variant 2", 40),
    ]
    assert draft.control_share == 10


def test_steps_keep_their_ids_through_edits(lumen: World) -> None:
    made = canvas(lumen)
    hello, reminder = stored(made).steps
    invented = Step("New", "sms", uuid.uuid4())
    doubled = replace(hello, name="Hello again")
    draft = replace(stored(made), steps=(reminder, invented, hello, doubled))
    now = stored(fresh(again(made, draft))).steps
    assert [each.name for each in now] == ["Reminder", "New", "Hello", "Hello again"]
    assert (now[0].id, now[2].id) == (reminder.id, hello.id)
    assert len({each.id for each in now}) == 4 and invented.id not in {each.id for each in now}


def test_the_audience_is_all_the_segments_and_the_filters(lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    buyers = segment(lumen, "Buyers", cohort_filter("p81mz0qd"))
    wanted = target(shoppers, filters=[has_external_id()], exclude=[segment_filter(buyers.pk)])
    counted = audience.count(lumen.workspace.pk, wanted)
    assert (counted.everyone, counted.rows, counted.exclusions) == (10, (4, 3), (2,))
    made = campaign(lumen, target=wanted)
    everyone = campaign(lumen, "Everyone")
    sizes = audience.sizes_of(lumen.workspace.pk, [made, everyone])
    assert sizes == {made.pk: 2, everyone.pk: 10}
    assert target_of(made).segments == (shoppers.pk,)


def test_what_an_audience_refers_to_cant_be_deleted(lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers")
    filtered = segment(lumen, "Filtered")
    wanted = target(shoppers, filters=[cohort_filter("k3x9a7f2"), segment_filter(filtered.pk)])
    made = campaign(lumen, target=wanted)
    for used in (shoppers, filtered):
        with pytest.raises(ProtectedError):
            used.delete()
    with pytest.raises(CohortInUse):
        keeping.delete(Cohort.objects.get(cohort_id="k3x9a7f2"))
    again(made, replace(stored(made), target=Target()))
    shoppers.delete()
    keeping.delete(Cohort.objects.get(cohort_id="k3x9a7f2"))


def test_a_segment_both_chosen_and_filtered_has_one_row(lumen: World) -> None:
    shoppers, other = segment(lumen, "Shoppers"), segment(lumen, "Other")
    both = target(other, shoppers, filters=[segment_filter(shoppers.pk)])
    made = campaign(lumen, target=both)
    assert OutreachSegment.objects.get(outreach=made, segment=shoppers).position == 1
    again(made, replace(stored(made), target=target(other, filters=[segment_filter(shoppers.pk)])))
    assert OutreachSegment.objects.get(outreach=made, segment=shoppers).position is None
    assert stored(fresh(made)).target.segments == (other.pk,)


def test_an_edit_moves_the_protecting_rows(lumen: World) -> None:
    made = campaign(lumen, target=target(filters=[cohort_filter("k3x9a7f2", "p81mz0qd")]))
    again(made, replace(stored(made), target=target(filters=[cohort_filter("p81mz0qd")])))
    assert OutreachCohort.objects.get(outreach=made).cohort.cohort_id == "p81mz0qd"


def test_a_reference_that_is_not_there_is_named_by_its_place(lumen: World) -> None:
    foreign = segment(world(1), "Foreign")
    wanted = target(foreign, filters=[has_external_id(), cohort_filter("gone")])
    with pytest.raises(TargetRefused) as caught:
        campaign(lumen, target=wanted)
    assert [each.path for each in caught.value.problems] == [
        "segments[0].any[0].segments[0]",
        "all[1].any[0].cohorts[0]",
    ]
    assert Outreach.objects.count() == 0


def test_more_segments_than_a_page_shows_are_refused(lumen: World) -> None:
    many = [segment(lumen, f"Segment {at}") for at in range(21)]
    with pytest.raises(TargetRefused, match="at most 20 segments"):
        campaign(lumen, target=target(*many))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \n "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"tags": ("x" * 61,)}, "tags"),
        ({"tags": tuple(str(n) for n in range(21))}, "tags"),
        ({"channels": ("pigeon",)}, "channels"),
    ],
)
def test_a_campaign_is_refused_by_its_field(
    lumen: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldRefused) as caught:
        campaign(lumen, **changes)
    assert caught.value.field == field
    assert Outreach.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"steps": (Step("", "email"),)}, "steps[0].name"),
        ({"steps": (Step("A", "email"), Step(" A ", "sms"))}, "steps[1].name"),
        ({"steps": (Step("A", "pigeon"),)}, "steps[0].channel"),
        ({"steps": tuple(Step(str(n), "sms") for n in range(201))}, "steps"),
        ({"variants": ()}, "variants"),
        ({"variants": (Variant("A", 89),)}, "variants"),
        ({"variants": (Variant("A", 91),)}, "variants"),
        ({"variants": (Variant("A", 90), Variant("B", 0))}, "variants[1].share"),
        ({"variants": (Variant("A", 45), Variant("A", 45))}, "variants[1].name"),
        ({"variants": (Variant("A", 0),), "control_share": 100}, "variants[0].share"),
        ({"variants": (Variant("A", 100),), "control_share": 100}, "control_share"),
        ({"variants": (Variant("A", 101),), "control_share": -1}, "variants[0].share"),
        ({"variants": tuple(Variant(str(n), 10) for n in range(9))}, "variants"),
    ],
)
def test_a_canvas_is_refused_by_its_field(
    lumen: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldRefused) as caught:
        canvas(lumen, **changes)
    assert caught.value.field == field
    assert Outreach.objects.count() == 0


def test_a_name_is_taken_once_among_those_of_its_kind(lumen: World) -> None:
    made = campaign(lumen, "Spring")
    canvas(lumen, "Spring")
    campaign(world(1), "Spring")
    with pytest.raises(FieldRefused, match="has this name"):
        campaign(lumen, "Spring")
    assert again(made, replace(stored(made), name="Spring")).version == 2


def test_two_who_take_a_name_at_once_do_not_both_get_it(
    lumen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign(lumen, "Spring")
    monkeypatch.setattr(saving, "_refuse_taken_name", lambda _outreach: None)
    with pytest.raises(FieldRefused, match="has this name"):
        campaign(lumen, "Spring")
    assert Outreach.objects.count() == 1


def test_a_copy_gets_the_next_free_name(lumen: World) -> None:
    pk = lumen.workspace.pk
    campaign(lumen, "Spring")
    assert saving.copy_name(pk, CAMPAIGN, "Spring") == "Spring (copy)"
    campaign(lumen, "Spring (copy)")
    assert saving.copy_name(pk, CAMPAIGN, "Spring") == "Spring (copy 2)"
    assert saving.copy_name(pk, CANVAS, "Spring") == "Spring (copy)"
    assert len(saving.copy_name(pk, CAMPAIGN, "x" * 255)) == 255


def test_who_is_slower_is_told_who_was_faster(lumen: World) -> None:
    bob = AccountFactory.create(name="Bob")
    made = campaign(lumen)
    saving.update(made, replace(stored(made), name="Theirs"), version=1, by=bob, now=LATER)
    with pytest.raises(EditedMeanwhile) as caught:
        again(made, replace(stored(made), name="Mine"), version=1)
    assert (caught.value.by, caught.value.version, caught.value.at) == ("Bob", 2, LATER)
    assert fresh(made).name == "Theirs"


def test_only_what_is_complete_becomes_active_and_stays_so(lumen: World) -> None:
    made = campaign(lumen, channels=())
    with pytest.raises(Incomplete) as caught:
        saving.set_active(made, True, by=None, now=LATER)
    assert caught.value.sentences == [
        "Choose at least one channel.",
        "Choose at least one segment or filter. A segment without filters is everyone.",
    ]
    shoppers = segment(lumen, "Shoppers")
    whole = replace(stored(made), channels=("sms",), target=target(shoppers))
    again(made, whole)
    assert saving.set_active(made, True, by=None, now=LATER)
    assert not saving.set_active(made, True, by=None, now=LATER)
    with pytest.raises(Incomplete):
        again(made, replace(whole, target=Target()), version=3)
    assert fresh(made).state == Outreach.State.ACTIVE
    assert saving.set_active(made, False, by=None, now=LATER)
    assert again(made, replace(whole, target=Target()), version=4).version == 5


def test_a_canvas_without_a_step_is_incomplete(lumen: World) -> None:
    made = canvas(lumen, steps=(), target=target(filters=[has_external_id()]))
    with pytest.raises(Incomplete, match="Add at least one step"):
        saving.set_active(made, True, by=None, now=LATER)


def test_archiving_keeps_the_state_and_the_protection(lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers")
    made = campaign(lumen, target=target(shoppers))
    saving.set_active(made, True, by=None, now=LATER)
    assert saving.set_archived([made], True, by=None, now=LATER) == [made]
    assert saving.set_archived([made], True, by=None, now=LATER) == []
    with pytest.raises(ProtectedError):
        shoppers.delete()
    (back,) = saving.set_archived([made], False, by=None, now=LATER)
    assert (back.archived_at, back.state) == (None, Outreach.State.ACTIVE)


def test_a_definition_reads_as_it_was_given(lumen: World) -> None:
    filters = definition([has_external_id(), cohort_filter("k3x9a7f2")])
    assert target_of(fresh(campaign(lumen, target=Target((), filters)))).filters == filters


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("gone", ["cohort", "segment"])
def test_what_is_deleted_the_moment_an_audience_is_saved_is_named(
    monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets nobody write meanwhile")
    made = world(10)
    cohort = made.cohort("a", {1, 2})
    shoppers = segment(made, "Shoppers")
    write = tagging.write

    def delete_meanwhile(*given: Any) -> None:
        elsewhere(cohort.delete if gone == "cohort" else shoppers.delete)
        write(*given)

    monkeypatch.setattr(tagging, "write", delete_meanwhile)
    whom = target(shoppers, filters=[cohort_filter("a")])
    with pytest.raises(TargetRefused) as refused:
        campaign(made, target=whom)
    place = {"cohort": "all[0].any[0].cohorts[0]", "segment": "segments[0].any[0].segments[0]"}
    assert [each.path for each in refused.value.problems] == [place[gone]]
    assert not Outreach.objects.exists()


def test_a_step_of_one_variant_follows_it_and_keeps_its_id(lumen: World) -> None:
    steps = (Step("Hello", "email"), Step("Offer", "push", variant="Variant 2"))
    made = canvas(lumen, steps=steps)
    was = stored(made)
    first, second = was.variants
    alone = replace(
        was,
        variants=(replace(first, share=90),),
        steps=(was.steps[0], replace(was.steps[1], variant="")),
    )
    saving.update(made, alone, version=1, by=None, now=NOW)
    now = stored(Outreach.objects.get())
    assert [step.id for step in now.steps] == [step.id for step in was.steps]
    assert [step.variant for step in now.steps] == ["", ""]
    with pytest.raises(FieldRefused) as refused:
        gone = replace(now, steps=(replace(now.steps[0], variant=second.name),))
        saving.update(made, gone, version=2, by=None, now=NOW)
    assert refused.value.field == "steps[0].variant"


def test_a_variant_without_a_step_is_incomplete(lumen: World) -> None:
    made = canvas(lumen, steps=(Step("Offer", "push", variant="Variant 2"),))
    with pytest.raises(Incomplete) as refused:
        saving.set_active(made, True, by=None, now=NOW)
    assert any("“Variant 1”" in sentence for sentence in refused.value.sentences)
