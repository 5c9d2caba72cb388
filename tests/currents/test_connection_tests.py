"""*Test connection* against a real HTTP server: what is sent, what each answer comes to, and that
a test runs once, ends, and forgets its key."""

from __future__ import annotations

import json
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from braze_partners.workspaces.audit import Actor
from braze_partners.workspaces.models import AuditEntry
from currents import connection_tests, connection_words, tasks
from currents.errors import TooManyTests
from currents.models import ConnectionTest, Current
from tests.cast import Cast
from tests.currents.factories import API_KEY, ConnectionTestFactory, CurrentFactory
from tests.partners.amplitude.hosts import drip, host, read_request

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]

State = ConnectionTest.State
Verdict = ConnectionTest.Verdict
NOW = timezone.now()


@pytest.fixture
def amplitude(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    settings.AMPLITUDE_US_URL = httpserver.url_for("").rstrip("/")
    return httpserver


def asked(cast: Cast, current: Current | None = None) -> ConnectionTest:
    actor = Actor(cast.bob)
    return connection_tests.ask(
        cast.workspace, "us", API_KEY, actor, NOW, name="Export", current=current
    )


def ran(test: ConnectionTest) -> ConnectionTest:
    assert connection_tests.run(test.pk, lambda: NOW)
    test.refresh_from_db()
    return test


def test_one_test_event_goes_out_and_its_answer_is_kept(cast: Cast, amplitude: HTTPServer) -> None:
    handler = amplitude.expect_request("/2/httpapi", method="POST")
    handler.respond_with_json({"code": 200, "events_ingested": 1})
    test = ran(asked(cast))

    sent = json.loads(amplitude.log[0][0].get_data())
    (event,) = sent["events"]
    assert sent["api_key"] == API_KEY
    assert event["event_type"] == "[Braze Partners] Connection test"
    assert event["user_id"] == "braze-partners-connection-test"
    assert event["time"] == int(NOW.timestamp() * 1000)
    assert (test.state, test.accepted, test.status) == (State.DONE, True, 200)
    assert test.took_ms is not None and test.finished_at == NOW
    assert test.url.endswith("/2/httpapi")
    assert '"events_ingested"' in test.answer and "Connection test" in test.request


def test_the_key_is_encrypted_while_it_waits_and_gone_when_it_is_done(
    cast: Cast, amplitude: HTTPServer
) -> None:
    amplitude.expect_request("/2/httpapi").respond_with_json(
        {"code": 400, "error": f"Invalid API key: {API_KEY}"}, status=400
    )
    test = asked(cast)
    assert test.api_key and API_KEY.encode() not in bytes(test.api_key)
    ran(test)
    assert test.api_key is None
    for text in (test.request, test.answer, test.words, test.url):
        assert API_KEY not in text
    assert "••••41f7" in test.request and "••••41f7" in test.answer
    entry = AuditEntry.objects.get(action="current.tested")
    assert entry.actor == cast.bob and API_KEY not in str(entry.detail)


ANSWERS: list[tuple[int, Any, str]] = [
    (200, {"code": 200, "events_ingested": 1}, Verdict.ACCEPTED),
    (200, "<html>Sign in to the network</html>", Verdict.GARBAGE),
    (302, "", Verdict.UNEXPECTED),
    (400, {"code": 400, "error": "Invalid API key: a8b1"}, Verdict.INVALID_KEY),
    (400, {"code": 400, "error": "Invalid field values on some events"}, Verdict.REJECTED),
    (401, "", Verdict.UNAUTHORIZED),
    (403, {"code": 403, "error": "Forbidden"}, Verdict.FORBIDDEN),
    (404, "nothing here", Verdict.UNEXPECTED),
    (413, {"code": 413, "error": "Payload too large"}, Verdict.TOO_LARGE),
    (429, {"code": 429, "error": "Too many requests"}, Verdict.THROTTLED),
    (429, {"code": 429, "throttled_users": {"u": 40}}, Verdict.THROTTLED),
    (503, "unavailable", Verdict.SERVER_ERROR),
]


@pytest.mark.parametrize(("status", "body", "verdict"), ANSWERS)
def test_each_answer_has_its_verdict_and_its_sentence(
    cast: Cast, amplitude: HTTPServer, status: int, body: Any, verdict: str
) -> None:
    content = body if isinstance(body, str) else json.dumps(body)
    amplitude.expect_request("/2/httpapi").respond_with_data(content, status=status)
    test = ran(asked(cast))
    assert (test.verdict, test.status) == (verdict, status)
    assert test.accepted is (verdict == Verdict.ACCEPTED)
    assert connection_words.sentence(test).endswith(".")


def test_a_closed_port_is_a_connection_that_failed(cast: Cast, settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.AMPLITUDE_US_URL = f"http://127.0.0.1:{free.getsockname()[1]}"
    test = ran(asked(cast))
    assert (test.verdict, test.status, test.accepted) == (Verdict.CONNECTION, None, False)


def test_a_slow_drip_ends_in_time(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_tests, "TEST_SECONDS", 0.3)
    over = threading.Event()

    def slowly(connection: socket.socket) -> None:
        read_request(connection)
        drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ", over)

    with host(slowly) as slow:
        settings.AMPLITUDE_US_URL = slow.url
        test = ran(asked(cast))
    over.set()
    assert test.verdict == Verdict.TIMEOUT
    assert test.took_ms is not None and test.took_ms < 2_000


def test_a_sandbox_that_does_not_run_is_said(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.RUN_FILE, settings.AMPLITUDE_SANDBOX_URL = tmp_path / "none.json", ""
    test = connection_tests.ask(cast.workspace, "sandbox", API_KEY, Actor(), NOW, name="Export")
    ran(test)
    assert (test.verdict, test.url) == (Verdict.CONNECTION, "")
    assert test.words == "The sandbox is not running."


def test_every_verdict_has_a_sentence() -> None:
    assert set(connection_words.SENTENCES) == set(Verdict.values)
    timeout = ConnectionTest(verdict=Verdict.TIMEOUT)
    assert "within 5" in connection_words.sentence(timeout)


def test_a_test_runs_once_at_a_time_and_once_in_all(cast: Cast, amplitude: HTTPServer) -> None:
    handler = amplitude.expect_request("/2/httpapi")
    handler.respond_with_json({"code": 200, "events_ingested": 1})
    test = asked(cast)
    held = ConnectionTest.objects.filter(pk=test.pk)
    held.update(state=State.RUNNING, lease_until=NOW + timedelta(seconds=10))
    assert not connection_tests.run(test.pk, lambda: NOW)
    held.update(state=State.QUEUED, lease_until=None)
    ran(test)
    assert not connection_tests.run(test.pk, lambda: NOW)
    assert len(amplitude.log) == 1


def test_the_sweep_finds_a_lost_message_and_a_killed_worker(cast: Cast) -> None:
    lost = asked(cast)
    killed = ConnectionTestFactory.create(
        current__workspace=cast.workspace,
        state=State.RUNNING,
        created_at=NOW,
        lease_until=NOW - timedelta(seconds=1),
    )
    held = ConnectionTestFactory.create(
        state=State.RUNNING, created_at=NOW, lease_until=NOW + timedelta(seconds=9)
    )
    clock_went_back = ConnectionTestFactory.create(
        state=State.RUNNING, created_at=NOW, lease_until=NOW + timedelta(hours=1)
    )
    found = connection_tests.forgotten(NOW)
    assert found == [lost.pk, killed.pk, clock_went_back.pk]
    assert held.pk not in found


def test_who_lost_the_lease_settles_nothing(cast: Cast) -> None:
    test = asked(cast)
    later = NOW + timedelta(minutes=1)
    first = connection_tests._take(test.pk, NOW)
    second = connection_tests._take(test.pk, later)
    assert first is not None and second is not None
    connection_tests._settle(first, NOW, {"verdict": Verdict.TIMEOUT, "accepted": False})
    test.refresh_from_db()
    assert test.state == State.RUNNING
    connection_tests._settle(second, later, {"verdict": Verdict.ACCEPTED, "accepted": True})
    test.refresh_from_db()
    assert (test.state, test.verdict) == (State.DONE, Verdict.ACCEPTED)


def test_a_test_that_no_worker_takes_ends_and_its_key_goes(cast: Cast) -> None:
    test = asked(cast)
    assert connection_words.is_long_queued(test, NOW + timedelta(seconds=16))
    assert connection_tests.give_up(NOW + timedelta(minutes=1)) == 0
    assert connection_tests.give_up(NOW + timedelta(minutes=3)) == 1
    test.refresh_from_db()
    assert (test.state, test.verdict, test.api_key) == (State.DONE, Verdict.NOT_RUN, None)
    assert "worker" in connection_words.sentence(test)


def test_a_key_that_can_no_longer_be_read_is_said(cast: Cast) -> None:
    test = asked(cast)
    ConnectionTest.objects.filter(pk=test.pk).update(api_key=b"another time's")
    assert ran(test).verdict == Verdict.UNREADABLE


def test_a_workspace_has_few_tests_under_way(cast: Cast) -> None:
    for _ in range(5):
        asked(cast)
    with pytest.raises(TooManyTests):
        asked(cast)
    connection_tests.ask(cast.other_workspace, "us", API_KEY, Actor(), NOW, name="Theirs")


def test_old_tests_go_with_the_attempts(cast: Cast) -> None:
    ConnectionTestFactory.create(created_at=NOW - timedelta(days=8))
    kept = ConnectionTestFactory.create(created_at=NOW - timedelta(days=6))
    assert connection_tests.forget_old(NOW) == 1
    assert ConnectionTest.objects.get() == kept


def test_the_tasks_do_what_the_modules_say(cast: Cast, amplitude: HTTPServer) -> None:
    amplitude.expect_request("/2/httpapi").respond_with_json({"code": 200, "events_ingested": 1})
    current = CurrentFactory.create(workspace=cast.workspace)
    test = asked(cast, current)
    tasks.sweep_connection_tests()
    tasks.run_connection_test(test.pk)
    test.refresh_from_db()
    assert test.verdict == Verdict.ACCEPTED
    tasks.clear_up()
    assert current.connection_tests.count() == 1
