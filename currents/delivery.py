"""One claim from prepared to answered: sends, and does what each answer asks for, until the events
of the claim have their fate or the destination says stop. Writes no row and keeps no transaction.

Nothing of a refused request was ingested, so what an answer names is taken out and the rest is
sent again. What is too large is halved: the second half stays in the log for the next claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from braze_partners.partners.amplitude.exchange import Answer, NetworkFailure
from currents import paced
from currents.amplitude import answers, payload
from currents.amplitude.answers import Outcome
from currents.holding import HeldBack
from currents.limits import REQUESTS_PER_CLAIM, SHOWN_REQUEST, UNEXPECTED_PATIENCE
from currents.models import Attempt, Hold
from currents.reading import Item, Prepared

# Region, body, seconds in all.
Send = Callable[[str, bytes, float], Answer | NetworkFailure]


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and what came back. `delay_ms` is from the receipt of its oldest event to the
    answer; clocks may differ a little."""

    at: datetime
    items: tuple[Item, ...]
    bytes: int
    request: str
    outcome: Outcome
    took_ms: int
    named: int
    delay_ms: int


@dataclass(slots=True)
class Answered:
    """What became of the items. Those in none of the three are undecided. `held` are identities
    with all that they have from a sequence on. `stop` is the answer after which nothing more is to
    be sent now; it decides no event."""

    prepared: Prepared
    delivered: dict[int, Item] = field(default_factory=dict)
    dead: dict[int, tuple[Item, str, int | None]] = field(default_factory=dict)
    held: dict[str, HeldBack] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    stop: Outcome | None = None

    def is_held(self, identity: str, sequence: int) -> bool:
        back = self.held.get(identity)
        return back is not None and sequence >= back.sequence

    @property
    def accepted(self) -> bool:
        """Whether Amplitude took the credentials, whatever it said of the events."""
        taken = (answers.Delivered, answers.Rejected, answers.Throttled, answers.TooLarge)
        return any(isinstance(sent.outcome, taken) for sent in self.sent)


def deliver(
    prepared: Prepared,
    clock: Callable[[], datetime],
    send: Send,
    seconds: float,
    renew: Callable[[datetime], datetime],
) -> Answered:
    """`seconds`: for each request in all. At most REQUESTS_PER_CLAIM, within the lease, which
    `renew` makes last longer; it gives the new end, or raises LeaseLost."""
    answered = Answered(prepared)
    live, answered.held = paced.pace(prepared, clock())
    until = prepared.claimed.until
    while live and answered.stop is None and len(answered.sent) < REQUESTS_PER_CLAIM:
        now = clock()
        if answered.sent and (until - now).total_seconds() < seconds:
            until = renew(now)
        sent = _send(prepared, live, now, send, seconds)
        answered.sent.append(sent)
        live = _within_bounds(answered, _follow(answered, live, sent, clock()), sent)
    return answered


def _within_bounds(answered: Answered, live: list[Item], sent: Sent) -> list[Item]:
    """A claim must end with something decided, whatever its answers name and in which order: its
    last request but one takes what stood before the first that was taken out, which probably is
    good, and its last a single event."""
    left = REQUESTS_PER_CLAIM - len(answered.sent)
    if left > 2 or not live:
        return live
    if left == 1:
        return live[:1]
    pairs = zip(sent.items, live, strict=False)
    untouched = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], pairs))
    return live[: max(1, untouched)]


def _send(prepared: Prepared, live: list[Item], now: datetime, send: Send, seconds: float) -> Sent:
    plan = prepared.claimed.plan
    body = payload.request_body(plan.api_key, [item.body for item in live])
    began = time.perf_counter()
    came_back = send(plan.region, body, seconds)
    took_ms = round((time.perf_counter() - began) * 1000)
    outcome = answers.read(came_back, sent=len(live), api_key=plan.api_key)
    shown = payload.masked(body, SHOWN_REQUEST)
    named = _named(outcome)
    waited = now - min(item.received_at for item in live)
    delay_ms = max(0, round(waited.total_seconds() * 1000)) + took_ms
    return Sent(now, tuple(live), len(body), shown, outcome, took_ms, named, delay_ms)


def _named(outcome: Outcome) -> int:
    if isinstance(outcome, answers.Rejected):
        return len(outcome.named) + len(outcome.devices)
    if isinstance(outcome, answers.Throttled):
        ids = (outcome.devices, outcome.users, outcome.quota_devices, outcome.quota_users)
        return sum(map(len, ids)) or len(outcome.indexes)
    return 0


def _follow(answered: Answered, live: list[Item], sent: Sent, now: datetime) -> list[Item]:
    """Does what the answer asks for; what is still to be sent."""
    outcome = sent.outcome
    if isinstance(outcome, answers.Delivered):
        answered.delivered.update((item.sequence, item) for item in live)
        return []
    if isinstance(outcome, answers.Rejected) and not outcome.nothing_named:
        return _without_named(answered, live, outcome, now)
    if isinstance(outcome, answers.Throttled):
        return _without_throttled(answered, live, outcome, now)
    if isinstance(outcome, answers.TooLarge | answers.Rejected):
        return _halved(answered, live, outcome)
    answered.stop = outcome
    return _give_up(answered, live, outcome, now)


def _give_up(answered: Answered, live: list[Item], outcome: Outcome, now: datetime) -> list[Item]:
    """What is no answer of Amplitude's for a day long is taken as one: the batch is dead."""
    since = answered.prepared.claimed.plan.unexpected_since
    if not isinstance(outcome, answers.Unexpected) or since is None:
        return live
    if now - since < UNEXPECTED_PATIENCE:
        return live
    answered.dead.update((i.sequence, (i, outcome.words, outcome.status)) for i in live)
    return []


def _without_named(
    answered: Answered, live: list[Item], outcome: answers.Rejected, now: datetime
) -> list[Item]:
    left: list[Item] = []
    for index, item in enumerate(live):
        cause = outcome.named.get(index) or outcome.devices.get(item.device_id)
        if cause:
            answered.dead[item.sequence] = (item, cause, outcome.status)
        else:
            left.append(item)
    if outcome.throttled is not None:
        left = _hold_back(answered, live, left, outcome.throttled, now)
    if len(left) < len(live):
        return left
    if outcome.named or outcome.devices:  # nothing of what was sent: as if nothing were named
        return _halved(answered, live, outcome)
    return _pause_all(answered, live, outcome)


def _without_throttled(
    answered: Answered, live: list[Item], outcome: answers.Throttled, now: datetime
) -> list[Item]:
    left = _hold_back(answered, live, live, outcome, now)
    return left if len(left) < len(live) else _pause_all(answered, live, outcome)


def _pause_all(answered: Answered, live: list[Item], outcome: Outcome) -> list[Item]:
    """It names ids that were not sent: the project's own rate, then."""
    answered.stop = answers.ProjectThrottled(outcome.status, outcome.body, outcome.words)
    return live


def _hold_back(
    answered: Answered,
    sent: list[Item],
    left: list[Item],
    outcome: answers.Throttled,
    now: datetime,
) -> list[Item]:
    """Sets aside, of those left, every event of an identity from its first named one on. Indexes
    are those of the request as it was sent; they count where the named ids are none of ours."""
    over = {item.sequence for item in left if _is_over(item, outcome)}
    named = over | {item.sequence for item in left if _is_throttled(item, outcome)}
    named = named or {sent[index].sequence for index in outcome.indexes}
    kept: list[Item] = []
    for item in left:
        if item.sequence in named or answered.is_held(item.identity, item.sequence):
            reason = Hold.Reason.QUOTA if item.sequence in over else Hold.Reason.THROTTLED
            paced.hold_back(answered.held, item, reason, now)
        else:
            kept.append(item)
    return kept


def _is_over(item: Item, outcome: answers.Throttled) -> bool:
    return item.device_id in outcome.quota_devices or item.user_id in outcome.quota_users


def _is_throttled(item: Item, outcome: answers.Throttled) -> bool:
    return item.device_id in outcome.devices or item.user_id in outcome.users


def _halved(
    answered: Answered, live: list[Item], outcome: answers.TooLarge | answers.Rejected
) -> list[Item]:
    if len(live) > 1:
        return live[: len(live) // 2]
    (item,) = live
    answered.dead[item.sequence] = (item, outcome.words, outcome.status)
    return []


OUTCOMES: tuple[tuple[type, Attempt.Outcome], ...] = (
    (answers.Delivered, Attempt.Outcome.DELIVERED),
    (answers.Rejected, Attempt.Outcome.REJECTED),
    (answers.Throttled, Attempt.Outcome.THROTTLED),
    (answers.ProjectThrottled, Attempt.Outcome.THROTTLED),
    (answers.TooLarge, Attempt.Outcome.TOO_LARGE),
    (answers.CredentialsRefused, Attempt.Outcome.CREDENTIALS),
    (answers.Unreachable, Attempt.Outcome.UNREACHABLE),
    (answers.Unexpected, Attempt.Outcome.UNEXPECTED),
)


def kind_of(outcome: Outcome) -> Attempt.Outcome:
    return next(kind for read, kind in OUTCOMES if isinstance(outcome, read))
