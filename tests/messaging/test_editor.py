"""The editor's steps: what is posted, live figures, saving, and being refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from braze_partners.messaging import journey_form, saving, target_form
from braze_partners.messaging.drafts import Target, stored, target_of
from braze_partners.messaging.models import Outreach
from braze_partners.people.errors import StillCounting
from braze_partners.workspaces.models import AuditEntry
from tests.cast import Cast
from tests.messaging.worlds import campaign, canvas, segment, target
from tests.segments.worlds import (
    NOW,
    World,
    cohort_filter,
    has_external_id,
    in_country,
    segment_filter,
    world,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def lumen(cast: Cast) -> World:
    made = world(10, anonymous={9}, workspace=cast.workspace)
    made.cohort("k3x9a7f2", {1, 2, 3, 9})
    return made


def address(name: str, *args: Any, of: str = "campaigns") -> str:
    return reverse(f"{of}:{name}", args=["lumen", *args])


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.status_code
    return str(response.content.decode())


def form_of(wanted: Target, **more: Any) -> dict[str, Any]:
    """What the page posts for this target."""
    edited = target_form.of_target(wanted)
    data: dict[str, Any] = {"row": [], "filter": []}
    for row in edited.rows:
        data["row"].append(f"{row.key}:{row.section}")
        for each in row.filters:
            data["filter"].append(f"{row.key}:{each.key}:{each.kind}")
            data |= {f"operator-{each.key}": each.operator, f"value-{each.key}": each.values}
    return data | more


def test_a_campaign_begins_with_its_name_and_goes_on_to_its_target(
    cast: Cast, lumen: World
) -> None:
    data = {"name": " Spring  restock", "tag": ["A"], "channel": ["sms", "email"], "act": "next"}
    answer = cast.client(cast.bob).post(address("create"), data)
    made = Outreach.objects.get()
    assert answer["Location"] == address("target", made.pk)
    assert (made.name, made.kind, made.channels) == ("Spring restock", "campaign", ["email", "sms"])
    assert (made.created_by, made.state) == (cast.bob, "draft")
    assert AuditEntry.objects.get().action == "campaign.created"


def test_a_canvas_begins_with_one_variant_for_everyone(cast: Cast, lumen: World) -> None:
    cast.client(cast.bob).post(address("create", of="canvas"), {"name": "Winback"})
    made = Outreach.objects.get()
    assert [(each.name, each.share) for each in made.variants.all()] == [("Variant 1", 100)]


def test_a_campaign_created_from_a_segment_targets_it(cast: Cast, lumen: World) -> None:
    shoppers = segment(lumen, "Shoppers")
    foreign = segment(world(1, workspace=cast.other_workspace), "Foreign")
    client = cast.client(cast.bob)
    page = text(client.get(address("create"), {"segment": str(shoppers.pk)}))
    assert "It will target the segment “Shoppers”" in page
    assert "It will target" not in text(client.get(address("create"), {"segment": "x"}))
    client.post(address("create"), {"name": "One", "segment": str(shoppers.pk)})
    client.post(address("create"), {"name": "Two", "segment": str(foreign.pk)})
    chosen = {made.name: target_of(made).segments for made in Outreach.objects.all()}
    assert chosen == {"One": (shoppers.pk,), "Two": ()}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "  "}, "Enter a name."),
        ({"name": "Taken"}, "Another one has this name."),
        ({"name": "x" * 256}, "Enter at most 255 characters."),
        ({"tag": ["x" * 61]}, "Enter at most 60 characters."),
        ({"channel": ["pigeon"]}, "Choose among these channels"),
    ],
)
def test_an_error_stands_beside_its_field(
    cast: Cast, lumen: World, fields: dict[str, Any], told: str
) -> None:
    campaign(lumen, "Taken")
    client = cast.client(cast.bob)
    page = text(client.post(address("create"), {"name": "New"} | fields), 422)
    assert page.count(told) == 2 and Outreach.objects.count() == 1


def test_an_edit_of_the_name_keeps_the_rest(cast: Cast, lumen: World) -> None:
    wanted = target(segment(lumen, "Shoppers"))
    made = campaign(lumen, target=wanted)
    data = {"name": "Renamed", "channel": ["sms"], "version": "1", "act": "save"}
    answer = cast.client(cast.bob).post(address("edit", made.pk), data)
    assert answer["Location"] == address("edit", made.pk)
    made.refresh_from_db()
    assert (made.name, made.channels, target_of(made)) == ("Renamed", ["sms"], wanted)
    winback = canvas(lumen)
    cast.client(cast.bob).post(
        address("edit", winback.pk, of="canvas"), {"name": "Other", "version": "1"}
    )
    winback.refresh_from_db()
    assert (winback.name, winback.channels) == ("Other", ["email", "push"])


def test_the_target_is_saved_as_it_stands(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    one, two = segment(lumen, "One", cohort_filter("k3x9a7f2")), segment(lumen, "Two")
    wanted = target(two, one, filters=[[has_external_id(), cohort_filter("k3x9a7f2")]])
    client = cast.client(cast.bob)
    page = text(client.get(address("target", made.pk)))
    assert "Targeting Options" in page and "Exact Statistics Calculated" in page
    answer = client.post(address("target", made.pk), form_of(wanted, version="1", act="next"))
    assert answer["Location"] == address("detail", made.pk)
    made.refresh_from_db()
    assert target_of(made) == wanted
    page = text(client.get(address("target", made.pk)))
    assert page.index(">Two</a>") < page.index(">One</a>")
    assert "Amplitude Cohorts includes Cohort k3x9a7f2" in page
    saved = client.get(address("target", canvas(lumen).pk, of="canvas"))
    assert "Entry Audience" in text(saved)


def test_figures_follow_the_form_without_saving(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    client = cast.client(cast.bob)
    wanted = form_of(target(shoppers, filters=[has_external_id()]))
    page = text(client.post(address("target_preview", made.pk), wanted, headers=HTMX))
    assert "<b>3</b>" in page and "2 unsaved changes" in page and "−1" in page
    assert client.post(address("target_preview", made.pk), wanted).status_code == 405
    assert target_of(Outreach.objects.get()).empty


def test_the_foot_tells_who_is_reached_by_which_channel(cast: Cast, lumen: World) -> None:
    for number in range(9):
        reached = {"email": "a@x.org"} if number < 3 else {"phone": "123"} if number < 5 else {}
        person = lumen.profile(number, f"usr_{number}", **reached)
        if number < 2:
            person.devices.create(
                workspace=lumen.workspace,
                number=number,
                device_id=f"d{number}",
                hash=number,
                push_enabled=True,
            )
    made = campaign(lumen, target=target(segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))))
    page = text(cast.client(cast.bob).get(address("target", made.pk)))
    foot = re.sub(r"<[^>]+>|\s+", " ", page[page.index('id="foot-note"') :])
    told = re.sub(r" +", " ", foot)
    assert "Total Reachable Users 4" in told
    assert "Push 1 25.0%" in told and "E-mail 2 50.0%" in told and "SMS 1 25.0%" in told


def test_a_filter_that_is_still_counted_is_told_so(
    cast: Cast, lumen: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = campaign(lumen, target=target(filters=[in_country("FR")]))

    def counting(*_: Any, **__: Any) -> None:
        raise StillCounting(0.25)

    monkeypatch.setattr("braze_partners.people.answers.read", counting)
    client = cast.client(cast.bob)
    assert "Counting a filter for the first time: 25.0%" in text(
        client.get(address("target", made.pk))
    )
    assert 'hx-trigger="load delay:2s"' in text(client.get(address("detail", made.pk)))
    assert "Counting…" in text(client.get(address("list")))


def test_a_segment_is_chosen_moved_and_taken_away(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    one, two = segment(lumen, "One"), segment(lumen, "Two")
    client = cast.client(cast.bob)

    def after(wanted: Target, act: str, **more: Any) -> str:
        data = form_of(wanted, act=act, **more)
        return text(client.post(address("target_preview", made.pk), data, headers=HTMX))

    page = after(target(one), "choose", choose=str(two.pk))
    assert page.index(">One</a>") < page.index(">Two</a>") and 'value="r2:chosen"' in page
    assert after(target(one), "choose", choose=str(one.pk)).count(">One</a>") == 1
    page = after(target(one, two), "up:r2")
    assert page.index(">Two</a>") < page.index(">One</a>")
    page = after(target(one, two), "remove:r1f1")
    assert ">One</a>" not in page and ">Two</a>" in page


def test_without_scripts_a_segment_is_chosen_by_its_name(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    segment(lumen, "One")
    client = cast.client(cast.bob)
    data = {"act": "choose", "typed-choose": "One"}
    assert ">One</a>" in text(client.post(address("target", made.pk), data))
    data["typed-choose"] = "Nobody\x00"
    assert "filter-entry" not in text(client.post(address("target", made.pk), data))


def test_an_error_of_the_target_stands_beside_its_row(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    foreign = segment(world(1, workspace=cast.other_workspace), "Foreign")
    wanted = target(foreign, filters=[cohort_filter("gone"), has_external_id()])
    client = cast.client(cast.bob)
    page = text(client.post(address("target", made.pk), form_of(wanted, version="1")), 422)
    assert f"There is no segment “{foreign.pk}”." in page and "Foreign" not in page
    assert 'id="error-r1f1"' in page and "There is no cohort “gone” of this partner." in page
    nonsense = {"row": ["r1:chosen"], "filter": ["r1:f1:segment"], "value-f1": ["x"]}
    page = text(client.post(address("target", made.pk), nonsense | {"version": "1"}), 422)
    assert "There is no segment “x”." in page
    assert target_of(Outreach.objects.get()).empty


def test_an_active_one_can_t_lose_what_it_needs(cast: Cast, lumen: World) -> None:
    made = campaign(lumen, target=target(segment(lumen, "Shoppers")))
    saving.set_active(made, True, by=None, now=NOW)
    client = cast.client(cast.bob)
    data = form_of(Target(), version="2")
    page = text(client.post(address("target", made.pk), data), 422)
    assert "Choose at least one segment or filter." in page
    page = text(client.post(address("edit", made.pk), {"name": "x", "version": "2"}), 422)
    assert "Choose at least one channel." in page


def test_saving_what_somebody_changed_meanwhile_tells_who(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    shoppers = segment(lumen, "Shoppers")
    cast.client(cast.alice).post(address("edit", made.pk), {"name": "Theirs", "version": "1"})
    client = cast.client(cast.bob)
    mine = form_of(target(shoppers), version="1")
    page = text(client.post(address("target", made.pk), mine), 409)
    assert "Alice saved this" in page and 'name="version" value="2"' in page
    assert ">Shoppers</a>" in page
    client.post(address("target", made.pk), mine | {"version": "2"})
    made.refresh_from_db()
    assert (made.name, target_of(made).segments) == ("Theirs", (shoppers.pk,))


def journey_of(made: Outreach, **more: Any) -> dict[str, Any]:
    """What the page of steps and variants posts."""
    edited = journey_form.of_draft(stored(made))
    data: dict[str, Any] = {"control-share": edited.control, "step": [], "variant": []}
    for step in edited.steps:
        data["step"].append(step.key)
        data[f"step-id-{step.key}"] = step.id
        data |= {f"step-name-{step.key}": step.name, f"step-channel-{step.key}": step.channel}
        data[f"step-variant-{step.key}"] = step.variant
    for each in edited.variants:
        data["variant"].append(each.key)
        data[f"variant-id-{each.key}"] = each.id
        data |= {f"variant-name-{each.key}": each.name, f"variant-share-{each.key}": each.share}
    return data | more


def test_steps_and_variants_are_saved_as_they_stand(cast: Cast, lumen: World) -> None:
    made = canvas(lumen)
    was = stored(made)
    client = cast.client(cast.bob)
    assert "The shares add up to 100%." in text(client.get(address("steps", made.pk, of="canvas")))
    changed = {"step": ["s2", "s1"], "step-name-s1": "Hi", "variant-share-v1": "45"}
    data = journey_of(made, version="1", act="next", **{"control-share": "15"}, **changed)
    answer = client.post(address("steps", made.pk, of="canvas"), data)
    assert answer["Location"] == address("detail", made.pk, of="canvas")
    now = stored(Outreach.objects.get())
    assert [step.name for step in now.steps] == ["Reminder", "Hi"]
    assert [step.id for step in now.steps] == [was.steps[1].id, was.steps[0].id]
    assert [each.share for each in now.variants] == [45, 40] and now.control_share == 15


@pytest.mark.parametrize(
    ("changes", "told", "place"),
    [
        ({"step-name-s1": " "}, "Enter a name for this step.", "step-name-s1"),
        ({"variant-share-v1": "x"}, "Enter a whole number from 1 to 100.", "variant-share-v1"),
        ({"variant-share-v1": "60"}, "The shares add up to 110%.", "variants"),
        ({"control-share": "1.5"}, "Enter a whole number from 0 to 99.", "control-share"),
        ({"step-variant-s1": "v9"}, "There is no variant “v9” here.", "step-variant-s1"),
        ({"step-channel-s1": "pigeon"}, "Choose the channel of this step.", "step-channel-s1"),
    ],
)
def test_an_error_of_the_journey_leads_to_its_field(
    cast: Cast, lumen: World, changes: dict[str, str], told: str, place: str
) -> None:
    made = canvas(lumen)
    data = journey_of(made, version="1", **changes)
    page = text(cast.client(cast.bob).post(address("steps", made.pk, of="canvas"), data), 422)
    assert f'<a href="#{place}">{told}' in page and f'id="{place}"' in page
    assert Outreach.objects.get().version == 1


def test_acts_of_the_journey_change_the_form_only(cast: Cast, lumen: World) -> None:
    made = canvas(lumen)
    client = cast.client(cast.bob)

    def after(act: str, **more: Any) -> str:
        path = address("steps_preview", made.pk, of="canvas")
        return text(client.post(path, journey_of(made, act=act, **more), headers=HTMX))

    page = after("add:step")
    assert 'value="Step 3"' in page and "<b>3</b> steps" in page and "1 unsaved change" in page
    page = after("add:variant")
    assert page.count('value="30"') == 3 and 'value="Variant 3"' in page
    page = after("remove:v2")
    assert 'value="90"' in page and "Variant 2" not in page
    assert "Remove Variant 1" not in page
    page = after("up:s2")
    assert page.index('value="Reminder"') < page.index('value="Hello"')
    page = after("even", **{"control-share": "33"})
    assert 'value="34"' in page and page.count('value="33"') == 2
    assert "The shares add up to 100%." in page
    page = after("", **{"control-share": "33"})
    assert "The shares add up to 123%, not to 100%." in page
    assert "Every share is a whole number" in after("", **{"variant-share-v1": "half"})
    assert Outreach.objects.get().version == 1


def test_a_step_is_given_to_one_variant(cast: Cast, lumen: World) -> None:
    made = canvas(lumen)
    client = cast.client(cast.bob)
    path = address("steps", made.pk, of="canvas")
    data = journey_of(made, version="1", **{"step-variant-s2": "v2", "variant-name-v2": "Bold"})
    client.post(path, data)
    assert [step.variant for step in stored(Outreach.objects.get()).steps] == ["", "Bold"]
    assert '<option value="v2" selected>Only Bold</option>' in text(client.get(path))
    page = text(client.get(address("detail", made.pk, of="canvas")))
    assert "only Bold" in page and "all variants" in page

    preview = address("steps_preview", made.pk, of="canvas")
    made = Outreach.objects.get()
    left = text(client.post(preview, journey_of(made, act="remove:v2"), headers=HTMX))
    assert 'value="Hello"' in left and 'value="Reminder"' not in left


def test_what_is_posted_as_a_journey_may_be_nonsense() -> None:
    posted = QueryDict(mutable=True)
    posted.setlist("step", ["s1", "s1", "x" * 100])
    posted.setlist("variant", [""])
    edited = journey_form.read(posted)
    for act in ("", "add:what", "remove:", "up:gone", "down:s1", "even", "focus:x", "what:ever"):
        journey_form.apply(edited, act)
    assert [each.key for each in edited.steps] == ["x" * 100, "s1"]
    assert edited.variants[0].share == "100"
    assert edited.complete


def test_a_filter_of_an_audience_may_name_a_segment(cast: Cast, lumen: World) -> None:
    made = campaign(lumen)
    shoppers = segment(lumen, "Shoppers", cohort_filter("k3x9a7f2"))
    wanted = target(filters=[segment_filter(shoppers.pk, operator="does_not_include")])
    client = cast.client(cast.bob)
    client.post(address("target", made.pk), form_of(wanted, version="1"))
    made.refresh_from_db()
    assert target_of(made) == wanted and made.uses_segments.get().position is None
