"""The form of a Current: create, edit, launch, test, and what it says of mistakes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.events import catalogue
from braze_partners.keys import carrying, credentials
from braze_partners.workspaces.audit import Actor
from currents import editing, forms, tasks
from currents.drafts import checked
from currents.models import ConnectionTest, Current
from currents.states import State
from tests.cast import Cast
from tests.currents.factories import (
    API_KEY,
    EMAIL_OPEN,
    PURCHASE,
    CredentialFailureFactory,
    CurrentFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

WHOLE = {
    "name": "Message engagement",
    "contact_email": "crm@lumen.example",
    "api_key": API_KEY,
    "region": "us",
    "include_anonymous": "1",
    "event": [EMAIL_OPEN, PURCHASE],
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def bob(cast: Cast) -> Client:
    return cast.client(cast.bob)


def at(name: str, *args: Any) -> str:
    return reverse(f"currents:{name}", args=["lumen", *args])


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.status_code
    return str(response.content.decode())


def opened(client: Client, current: Current) -> dict[str, Any]:
    """What the edit form would send if nothing was touched."""
    page = text(client.get(at("edit", current.pk)))
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    return {
        "name": current.name,
        "contact_email": current.contact_email,
        "region": current.region,
        "include_anonymous": "1",
        "event": list(current.event_types),
        "version": version[1],
        "act": "save",
    }


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_the_empty_form_offers_all_types_in_picker_order(bob: Client) -> None:
    page = text(bob.get(at("create")))
    names = re.findall(r'name="event" value="([^"]+)"', page)
    assert names == list(catalogue.event_types())
    assert "0 of 94" in page and "27 of 83" not in page
    assert "checked" not in page.split('id="events"')[1].split("<noscript>")[0]


def test_a_draft_is_saved_and_goes_on_being_edited(cast: Cast, bob: Client) -> None:
    answer = bob.post(at("create"), {"name": "Later", "act": "save"})
    current = Current.objects.get()
    assert answer["Location"] == at("edit", current.pk)
    assert (current.state, current.workspace, current.created_by) == (
        State.DRAFT,
        cast.workspace,
        cast.bob,
    )
    assert "The draft “Later” is saved" in text(bob.get(answer["Location"]))


def test_a_launch_creates_and_starts_at_once(bob: Client) -> None:
    answer = bob.post(at("create"), WHOLE | {"act": "launch"})
    current = Current.objects.get()
    assert answer["Location"] == at("detail", current.pk)
    assert (current.state, current.event_types) == (State.ACTIVE, [EMAIL_OPEN, PURCHASE])
    assert current.include_anonymous is True
    assert credentials.decrypt(current.api_key or b"") == API_KEY


def test_an_unticked_box_leaves_anonymous_users_out(bob: Client) -> None:
    given = {name: value for name, value in WHOLE.items() if name != "include_anonymous"}
    bob.post(at("create"), given | {"act": "launch"})
    assert Current.objects.get().include_anonymous is False


def test_a_launch_that_lacks_something_says_all_of_it_and_stores_nothing(bob: Client) -> None:
    page = text(bob.post(at("create"), {"name": "", "act": "launch", "region": "us"}), 422)
    for sentence in (
        "Enter a name for the integration.",
        "Enter the e-mail address that is told",
        "Enter the API key of the Amplitude project.",
        "Select at least one event type.",
    ):
        assert page.count(sentence) == 2, sentence  # beside the field, and above all
    assert not Current.objects.exists()


def test_a_typed_key_is_kept_over_an_error_and_stands_in_no_page(bob: Client) -> None:
    page = text(bob.post(at("create"), WHOLE | {"name": "", "act": "launch"}), 422)
    assert API_KEY not in page
    assert "a8b1…41f7 was entered and is not saved yet" in page
    again = WHOLE | {"api_key": "", "kept_key": hidden(page, "kept_key"), "act": "launch"}
    bob.post(at("create"), again)
    assert editing.stored_key(Current.objects.get()) == API_KEY


def test_a_kept_key_is_of_no_use_in_another_workspace(cast: Cast) -> None:
    token = carrying.kept(cast.other_workspace.pk, API_KEY)
    assert carrying.opened(cast.other_workspace.pk, token) == API_KEY
    assert carrying.opened(cast.workspace.pk, token) == ""
    assert carrying.opened(cast.workspace.pk, "nonsense\ud800") == ""


def test_removed_characters_are_said(bob: Client) -> None:
    key = f"\ufeff{API_KEY}\u200b"
    answer = bob.post(at("create"), WHOLE | {"api_key": key, "act": "launch"}, follow=True)
    assert "2 hidden characters were removed from the key." in text(answer)
    assert editing.stored_key(Current.objects.get()) == API_KEY


def test_removed_characters_are_said_also_after_an_error(bob: Client) -> None:
    wrong = WHOLE | {"api_key": f"{API_KEY}\u00a0", "contact_email": "nobody", "act": "save"}
    page = text(bob.post(at("create"), wrong), 422)
    assert "1 hidden character was removed from the key." in page
    right = WHOLE | {"api_key": "", "act": "save"}
    right |= {name: hidden(page, name) for name in ("kept_key", "removed")}
    answer = bob.post(at("create"), right, follow=True)
    assert "1 hidden character was removed from the key." in text(answer)


def test_unknown_event_types_are_refused(bob: Client) -> None:
    given = WHOLE | {"event": [EMAIL_OPEN, "users.messages.fax.Send"], "act": "save"}
    assert "There is no such event type: users.messages.fax.Send" in text(
        bob.post(at("create"), given), 422
    )


def test_an_edit_is_stored_and_the_key_stays(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    given = opened(bob, current) | {"name": "Renamed", "event": [PURCHASE]}
    answer = bob.post(at("edit", current.pk), given)
    assert answer["Location"] == at("detail", current.pk)
    current.refresh_from_db()
    assert (current.name, current.event_types, current.state) == ("Renamed", [PURCHASE], "active")
    assert editing.stored_key(current) == API_KEY


def test_the_stored_key_is_shown_by_its_ends_only(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    page = text(bob.get(at("edit", current.pk)))
    assert "a8b1…41f7 is stored" in page
    assert API_KEY not in page and API_KEY[4:-4] not in page


def test_an_emptied_list_is_allowed_with_a_clear_warning(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    given = opened(bob, current) | {"event": []}
    page = text(bob.post(at("edit", current.pk), given, follow=True))
    assert "every event is filtered as not selected" in page
    current.refresh_from_db()
    assert (current.event_types, current.state) == ([], State.ACTIVE)


def test_what_is_launched_keeps_its_contact(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    given = opened(bob, current) | {"contact_email": ""}
    assert "Enter the e-mail address" in text(bob.post(at("edit", current.pk), given), 422)


def test_a_draft_is_launched_from_its_form(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, draft=True)
    bob.post(at("edit", current.pk), opened(bob, current) | {"act": "launch"})
    current.refresh_from_db()
    assert current.state == State.ACTIVE and current.launched_by == cast.bob


def test_a_draft_launched_by_somebody_else_meanwhile_says_so(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, draft=True)
    given = opened(bob, current) | {"act": "launch"}
    editing.launch(current, Actor(cast.alice), timezone.now())
    answer = bob.post(at("edit", current.pk), given, follow=True)
    assert "Somebody else has launched this Current meanwhile." in text(answer)


def test_two_people_at_once_are_shown_what_differs(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, name="Before")
    mine = opened(bob, current) | {"name": "Bob’s", "event": [EMAIL_OPEN]}
    theirs = opened(bob, current) | {"name": "Alice’s", "region": "eu"}
    cast.client(cast.alice).post(at("edit", current.pk), theirs)

    page = text(bob.post(at("edit", current.pk), mine), 409)
    assert "Alice changed this Current while you were editing it" in page
    table = page.split("conflict-table")[1].split("</table>")[0]
    assert "Alice’s" in table and "Bob’s" in table
    assert "European Union" in table and "United States" in table
    assert "2 event types, only here: Purchase Events · Purchase" in table
    assert 'value="Bob’s"' in page

    again = mine | {"version": hidden(page, "version")}
    assert bob.post(at("edit", current.pk), again).status_code == 302
    current.refresh_from_db()
    assert (current.name, current.region, current.event_types) == ("Bob’s", "us", [EMAIL_OPEN])


def test_markup_in_a_name_stays_text(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace, name="<img src=x>")
    for page in (at("edit", current.pk), at("list"), at("detail", current.pk)):
        assert "<img src=x>" not in text(bob.get(page))


def test_without_a_script_whole_groups_are_chosen_by_buttons(bob: Client) -> None:
    page = text(bob.post(at("create"), {"name": "x", "act": "all:customer_behavior"}))
    assert "11 of 11" in page and "0 of 83" in page
    page = text(bob.post(at("create"), WHOLE | {"act": "none:message_engagement/Email Events"}))
    assert "0 of 83" in page and "1 of 11" in page
    assert 'value="Message engagement"' in page
    page = text(bob.post(at("create"), {"preview": PURCHASE, "act": "show"}))
    assert f'data-preview="{PURCHASE}"' in page


def test_the_preview_is_what_amplitude_gets(cast: Cast) -> None:
    viewer = cast.client(cast.charlie)
    page = text(viewer.get(at("preview"), {"type": EMAIL_OPEN}))
    assert "[Appboy] Email Open" in page and "Email Events · Open" in page
    assert viewer.get(at("preview"), {"type": "nothing"}).status_code == 404


def test_every_type_has_a_preview(bob: Client) -> None:
    for name in catalogue.event_types():
        assert f'data-preview="{name}"' in text(bob.get(at("preview"), {"type": name}))


@pytest.fixture
def amplitude(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.AMPLITUDE_US_URL = settings.AMPLITUDE_EU_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/2/httpapi").respond_with_json({"code": 200, "events_ingested": 1})
    return httpserver


def test_an_unsaved_form_is_tested_and_watched(bob: Client, amplitude: HTTPServer) -> None:
    page = text(bob.post(at("create"), WHOLE | {"act": "test"}, headers=HTMX))
    test = ConnectionTest.objects.get()
    assert "Testing …" in page and f'hx-get="{at("tested", test.pk)}"' in page
    assert "data-poll" in text(bob.get(at("tested", test.pk)))
    tasks.run_connection_test(test.pk)
    page = text(bob.get(at("tested", test.pk)))
    assert "Amplitude accepted the test event." in page and "200" in page
    assert "data-poll" not in page
    assert "Show request and response" in page and "••••41f7" in page
    assert API_KEY not in page
    assert not Current.objects.exists()


def test_a_saved_current_is_tested_with_its_stored_key_and_the_forms_region(
    bob: Client, cast: Cast, amplitude: HTTPServer
) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    given = opened(bob, current) | {"region": "eu", "act": "test"}
    bob.post(at("edit", current.pk), given, headers=HTMX)
    test = ConnectionTest.objects.get()
    assert (test.region, test.current) == ("eu", current)
    tasks.run_connection_test(test.pk)
    assert json.loads(amplitude.log[0][0].get_data())["api_key"] == API_KEY


def test_a_test_from_the_currents_page_leads_back_to_it(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    assert bob.post(at("test", current.pk))["Location"] == at("detail", current.pk)
    assert ConnectionTest.objects.get().current == current
    assert "Testing …" in text(bob.post(at("test", current.pk), headers=HTMX))


def test_without_a_key_nothing_is_tested(bob: Client, cast: Cast) -> None:
    page = text(bob.post(at("create"), {"name": "x", "region": "us", "act": "test"}, headers=HTMX))
    assert "Enter the API key of the Amplitude project." in page
    draft = CurrentFactory.create(workspace=cast.workspace, draft=True, api_key=None)
    answer = bob.post(at("test", draft.pk), follow=True)
    assert "Enter the API key of the Amplitude project." in text(answer)
    assert not ConnectionTest.objects.exists()


def test_without_a_script_the_form_comes_back_with_the_test(
    bob: Client, amplitude: HTTPServer
) -> None:
    page = text(bob.post(at("create"), WHOLE | {"act": "test"}))
    assert "Testing …" in page and API_KEY not in page
    tasks.run_connection_test(int(hidden(page, "tested")))
    given = WHOLE | {"api_key": "", "act": "show"}
    given |= {name: hidden(page, name) for name in ("tested", "kept_key")}
    assert "Amplitude accepted the test event." in text(bob.post(at("create"), given))


def test_a_sixth_test_at_once_has_to_wait(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(workspace=cast.workspace)
    for _ in range(5):
        bob.post(at("test", current.pk), headers=HTMX)
    page = text(bob.post(at("test", current.pk), headers=HTMX))
    assert "Several tests are still under way." in page


def test_a_region_that_is_no_longer_offered_may_stay(
    bob: Client, cast: Cast, settings: Any
) -> None:
    settings.SANDBOX_ENABLED, settings.AMPLITUDE_SANDBOX_URL = False, ""
    assert 'value="sandbox"' not in text(bob.get(at("create")))
    current = CurrentFactory.create(workspace=cast.workspace, region="sandbox")
    given = opened(bob, current) | {"name": "Renamed"}
    assert bob.post(at("edit", current.pk), given).status_code == 302
    assert "The sandbox is not running now." in text(bob.get(at("edit", current.pk)))


def test_the_form_speaks_french(cast: Cast) -> None:
    cast.bob.language = "fr"
    cast.bob.save()
    page = text(cast.client(cast.bob).get(at("create")))
    assert "Créer un export Amplitude" in page and "Ouverture" in page
    assert (
        "Launch Current" not in page and "Select" not in page.split("<main")[1].split("<script")[0]
    )


def test_checked_drafts_and_the_form_agree_on_a_name(cast: Cast) -> None:
    """What the form sends back is what was stored, so that nothing counts as changed."""
    current = editing.create(
        cast.workspace, checked(forms.Draft(name=" Two  words ")), Actor(), timezone.now()
    )
    assert 'value="Two words"' in text(cast.client(cast.bob).get(at("edit", current.pk)))


def test_a_refused_test_is_told_on_the_currents_page(
    bob: Client, cast: Cast, httpserver: HTTPServer, settings: Any
) -> None:
    settings.AMPLITUDE_US_URL = httpserver.url_for("").rstrip("/")
    refusal = {"code": 400, "error": "Invalid API key"}
    httpserver.expect_request("/2/httpapi").respond_with_json(refusal, status=400)
    current = CurrentFactory.create(workspace=cast.workspace, state=State.STOPPED)
    CredentialFailureFactory.create(current=current)
    bob.post(at("key", current.pk), {"api_key": "b9c2" + "1" * 24 + "52e8"})
    page = text(bob.post(at("test", current.pk), follow=True))
    test = ConnectionTest.objects.get()
    assert "Testing …" in page.split('id="path"')[1]
    tasks.run_connection_test(test.pk)
    page = text(bob.get(at("detail", current.pk)))
    assert "Amplitude refuses this API key. Copy it again" in page
    assert "Show request and response" in page


def test_the_form_costs_few_queries(bob: Client, cast: Cast) -> None:
    current = CurrentFactory.create(
        workspace=cast.workspace, event_types=list(catalogue.event_types())
    )
    for address in (at("create"), at("edit", current.pk)):
        bob.get(address)
        with CaptureQueriesContext(connection) as caught:
            text(bob.get(address))
        assert len(caught) <= 15
