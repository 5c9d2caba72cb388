"""Tracks what a request tells: the people it names are changed, and their events go to the log, all
in one transaction. Knows people and the log; knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from braze_partners.events import intake
from braze_partners.events.intake import IncomingEvent
from braze_partners.events.track_body import Array, Problem, Told, TrackBody
from braze_partners.people import changing
from braze_partners.people.company import Subject


@dataclass(frozen=True, slots=True)
class Tracked:
    """How many objects of each array that was sent were taken, and why the others were not."""

    processed: dict[Array, int]
    problems: list[Problem]

    @property
    def nothing(self) -> bool:
        return not any(self.processed.values())


def track(workspace_id: int, body: TrackBody, now: datetime) -> Tracked:
    """Attributes, then events, then purchases, each array in its order. What is told of somebody
    unknown who is not to be made counts as taken, as at Braze, and changes nothing.

    Raises PeopleChanged, LogUnavailable; nothing was written then."""
    problems = list(body.problems)
    if body.told:
        changes = [one.change for one in body.told]

        def log(people: Sequence[Subject | None]) -> None:
            if events := list(_events(body.told, people)):
                intake.accept(workspace_id, events, now)

        refused = changing.apply(workspace_id, changes, now, log).refused
        for index, reason in refused.items():
            one = body.told[index]
            problems.append(Problem(one.array, one.index, str(reason)))
    problems.sort(key=lambda problem: (list(Array).index(problem.array), problem.index))
    left_out = [problem.array for problem in problems]
    processed = {array: sent - left_out.count(array) for array, sent in body.sent.items()}
    return Tracked(processed, problems)


def _events(told: Sequence[Told], people: Sequence[Subject | None]) -> Iterator[IncomingEvent]:
    """A purchase of n is n events; the k-th of them, from the second, has `id-k`."""
    for one, person in zip(told, people, strict=True):
        happening = one.happening
        if person is None or happening is None:
            continue
        event_id = str(uuid4())
        for place in range(1, happening.count + 1):
            yield IncomingEvent(
                type=happening.type,
                id=event_id if place == 1 else f"{event_id}-{place}",
                time_ms=happening.time_ms,
                external_user_id=person.external_id,
                device_id=person.device_id,
                user_id=person.braze_id,
                properties=happening.properties,
            )
