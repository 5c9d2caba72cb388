"""How one event stands in the log, and which lane is its own. Pure: no database, no clock."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from braze_partners.events.limits import LANES

_EMPTY = blake2b(digest_size=8)


class EventRecord(msgspec.Struct, array_like=True, gc=False):
    """`index` is its place in its batch, `type` the Currents event type as sent (perhaps unknown),
    `time_ms` milliseconds since the epoch, `user_id` Braze's own id. `properties` is a JSON object
    as it came, `custom_properties` and `purchase_properties` nested inside."""

    index: int
    lane: int
    type: str
    id: str
    time_ms: int
    external_user_id: str | None
    device_id: str | None
    user_id: str | None
    properties: msgspec.Raw

    @property
    def identity(self) -> str | None:
        return identity_of(self.external_user_id, self.device_id, self.user_id)


def identity_of(
    external_user_id: str | None, device_id: str | None, user_id: str | None
) -> str | None:
    """Fixed at intake: what order, lanes and pacing go by. An empty text is no identity."""
    return external_user_id or device_id or user_id or None


def digest(text: str) -> bytes:
    """64 bits of blake2b, by which the log is searched. Copying an empty hash is half the cost."""
    made = _EMPTY.copy()
    made.update(text.encode("utf-8", "surrogatepass"))
    return made.digest()


def lane_of_digest(digested: bytes) -> int:
    return digested[-1] % LANES


def lane_of(identity: str) -> int:
    """blake2b mod 16: never Python's `hash`, which differs from process to process."""
    return lane_of_digest(digest(identity))
