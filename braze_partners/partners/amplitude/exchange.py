"""What can come back from one call to Amplitude: an HTTP answer, or none. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` ends at the limit of the call; `cut` says that there was more. `retry_after` is the
    header as it came."""

    status: int
    body: bytes
    seconds: float
    cut: bool = False
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class NetworkFailure:
    """No whole answer. `status` is there where it ended within the body; `may_have_arrived` is
    false only where no connection came about."""

    kind: Trouble
    words: str
    seconds: float
    may_have_arrived: bool
    status: int | None = None
