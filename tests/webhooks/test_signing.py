"""Deliveries are signed as Standard Webhooks describes it."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

from braze_partners.webhooks import signing

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_it_signs_as_the_specifications_own_example() -> None:
    body = b'{"test": 2432232314}'
    made = signing.signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_signs_the_newest_first() -> None:
    at = datetime(2026, 5, 12, 14, 31, tzinfo=UTC)
    other = "whsec_" + b64encode(b"another").decode()
    made = signing.headers([other, SECRET], "msg_1", at, b"{}")
    assert made["webhook-id"] == "msg_1" and made["webhook-timestamp"] == "1778596260"
    assert made["webhook-signature"].split() == [
        signing.signature(other, "msg_1", 1778596260, b"{}"),
        signing.signature(SECRET, "msg_1", 1778596260, b"{}"),
    ]


def test_of_a_secret_only_its_ends_are_shown() -> None:
    assert signing.hint(SECRET) == "whsec_MfKQ…LaSw"
