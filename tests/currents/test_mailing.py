"""Letters that failures owe: each once, whatever restarts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from currents import failures, letters, mailing
from currents.models import FailureMail
from tests.currents.destination import answer
from tests.currents.world import World, event, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.embedded]


@pytest.fixture
def world() -> World:
    made = make_world(contact_email="crm-alerts@lumen.example")
    made.destination.always = answer(400, {"error": "Invalid API key: 91c2"})
    made.receive(event())
    made.run()
    return made


def test_the_first_refusal_and_the_recovery_are_told(world: World) -> None:
    assert mailing.send_due(world.now) == 1
    assert mail.outbox[0].to == ["crm-alerts@lumen.example"]
    world.destination.always = None
    world.run(seconds=200, most=1_000)
    assert mailing.send_due(world.now) == 1
    assert len(mail.outbox) == 2


def test_a_letter_that_was_sent_is_not_sent_again(world: World) -> None:
    mailing.send_due(world.now)
    failures.sweep(world.now)
    assert mailing.send_due(world.now + timedelta(hours=1)) == 0
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_down_is_tried_again_after_the_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(letters, "send", refuse)
        assert mailing.send_due(world.now) == 0
    assert FailureMail.objects.get().error == "ConnectionRefusedError"
    assert mailing.send_due(world.now + timedelta(seconds=30)) == 0
    assert mailing.send_due(world.now + timedelta(minutes=3)) == 1


def test_two_senders_at_once_send_one_letter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send = letters.send

    def meanwhile(letter: FailureMail, now: Any) -> None:
        assert mailing.send_due(now) == 0
        send(letter, now)

    monkeypatch.setattr(letters, "send", meanwhile)
    assert mailing.send_due(world.now) == 1
    assert len(mail.outbox) == 1
