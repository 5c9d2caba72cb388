"""How a delivery is signed, as Standard Webhooks describes it. Pure: secrets and times are given.

What is signed is `id.timestamp.body`, by HMAC-SHA256 under the bytes that the secret holds behind
`whsec_` in base64.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

SECRET_PREFIX = "whsec_"
VERSION = "v1"


def secret_of(random_bytes: bytes) -> str:
    return SECRET_PREFIX + b64encode(random_bytes).decode()


def hint(secret: str) -> str:
    """`whsec_Zm9v…`: what is shown of it afterwards."""
    return f"{secret[:10]}…{secret[-4:]}"


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return f"{VERSION},{b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def headers(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """`secrets`: each signs, the newest first."""
    timestamp = int(at.timestamp())
    signed = [signature(secret, message_id, timestamp, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }
