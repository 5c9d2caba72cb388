"""Random requests against a model of profiles in plain Python: whatever is told in whatever order,
the same people have the same values, the same objects are refused, and the same events are logged.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from braze_partners.events import event_log, track_body, tracking
from braze_partners.people import finding
from braze_partners.people.models import Profile
from tests.events.tracker import TIME
from tests.workspaces.factories import WorkspaceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
START = datetime(2026, 5, 11, 3, 18, tzinfo=UTC)
Object = dict[str, Any]


# In the order in which they identify.
KEYS = ("external_id", "user_alias", "device_id", "braze_id", "email", "phone")


class Refused(Exception):
    pass


@dataclass
class Person:
    """`moved` is the request that last told something of them, `rank` their turn in this one."""

    number: int
    external_id: str | None = None
    alias: str | None = None
    devices: dict[str, bool] = field(default_factory=dict)
    email: str = ""
    phone: str = ""
    first_name: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    moved: int = 0
    rank: int = 0

    def is_named(self, by: str, value: Any) -> bool:
        if by == "user_alias":
            return self.alias == value["alias_name"]
        if by == "device_id":
            return value in self.devices
        if by == "email":
            return self.email.lower() == value.lower()
        return by != "braze_id" and getattr(self, by) == value

    def seen(self) -> tuple[Any, ...]:
        return (
            *(self.external_id, self.alias, self.devices, self.email, self.phone),
            *(self.first_name, self.attributes),
        )


def stranger(number: int, by: str, value: Any) -> Person:
    if by == "device_id":
        return Person(number, devices={value: False})
    if by == "user_alias":
        return Person(number, alias=value["alias_name"])
    return Person(number, **{by: value})


def kind_of(value: Any) -> str:
    return type(value).__name__.replace("int", "float")


class Model:
    def __init__(self) -> None:
        self.people: list[Person] = []
        self.types: dict[str, str] = {}
        self.events: list[str | None] = []
        self.request = 0
        self.turn = 0

    def track(self, body: Object) -> list[tuple[str, int]]:
        """Applies one request; gives what it refuses."""
        self.request += 1
        self.turn = 0
        for person in self.people:
            person.rank = 0
        refused = []
        for array in ("attributes", "events", "purchases"):
            for index, one in enumerate(body.get(array, [])):
                try:
                    self.apply(array, one)
                except Refused:
                    refused.append((array, index))
        return refused

    def apply(self, array: str, one: Object) -> None:
        by = next(key for key in KEYS if one.get(key) is not None)
        person = self.find(by, one[by])
        made = person is None
        if person is None:
            if one.get("_update_existing_only", by == "user_alias") or by == "braze_id":
                return
            person = stranger(len(self.people), by, one[by])
        self.tell(person, {name: value for name, value in one.items() if name != by}, made)
        if array != "attributes":
            device = one.get("device_id") or next(iter(person.devices), None)
            self.events += [person.external_id or device] * one.get("quantity", 1)

    def find(self, by: str, value: Any) -> Person | None:
        found = [person for person in self.people if person.is_named(by, value)]
        return max(found, key=lambda p: (p.rank, p.moved, p.number), default=None)

    def tell(self, person: Person, told: Object, made: bool) -> None:
        after, types, said = copy.deepcopy(person), dict(self.types), made
        for name, value in told.items():
            if name in ("first_name", "email", "phone"):
                setattr(after, name, value or "")
                said = True
            elif name == "push_tokens":
                said |= self.push(after, person, value)
            elif name.startswith("attr_"):
                self.attribute(after, types, name, value)
                said = True
        if said:
            self.turn += 1
            after.rank, after.moved = self.turn, self.request
        self.types = types
        self.people[person.number : person.number + 1] = [after]

    def push(self, after: Person, before: Person, tokens: list[Object] | None) -> bool:
        if tokens is None:
            after.devices = dict.fromkeys(after.devices, False)
            return True
        for token in tokens:
            device = token["device_id"]
            if any(device in p.devices for p in self.people if p is not before):
                raise Refused
            after.devices[device] = True
        return bool(tokens)

    def attribute(self, after: Person, types: dict[str, str], name: str, value: Any) -> None:
        before = after.attributes.get(name)
        new = became(before, value, types.get(name))
        if new is None:
            after.attributes.pop(name, None)
            return
        if types.setdefault(name, kind_of(new)) != kind_of(new):
            raise Refused
        after.attributes[name] = new


def became(before: Any, value: Any, kind: str | None) -> Any:
    if isinstance(value, dict) and value.keys() == {"inc"}:
        if kind not in (None, "float"):
            raise Refused
        return float(before or 0) + value["inc"]
    if isinstance(value, dict) and value and value.keys() <= {"add", "remove"}:
        if kind not in (None, "list"):
            raise Refused
        if before is None and not value.get("add"):
            return None
        items = list(before or [])
        items += [x for x in dict.fromkeys(value.get("add", [])) if x not in items]
        return [x for x in items if x not in value.get("remove", [])]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


EMAILS = st.sampled_from(["a@x.org", "A@x.org", "b@x.org"])
PHONES = st.sampled_from(["+331", "+332"])
DEVICES = st.sampled_from(["d0", "d1"])
IDENTIFIERS: st.SearchStrategy[Object] = st.one_of(
    st.fixed_dictionaries({"external_id": st.sampled_from(["u0", "u1", "u2"])}),
    st.fixed_dictionaries(
        {
            "user_alias": st.sampled_from(["a0", "a1"]).map(
                lambda name: {"alias_label": "crm", "alias_name": name}
            )
        },
        optional={"_update_existing_only": st.booleans()},
    ),
    st.fixed_dictionaries({"device_id": DEVICES}),
    st.fixed_dictionaries({"email": EMAILS}),
    st.fixed_dictionaries({"phone": PHONES}),
    st.just({"braze_id": "0" * 24}),
)
FLAG: st.SearchStrategy[Object] = st.sampled_from([{}, {}, {}, {"_update_existing_only": True}])
SMALL = st.integers(-3, 3)
WORDS = st.sampled_from(["x", "y", "z"])
VALUES = st.one_of(
    st.none(),
    SMALL,
    WORDS,
    st.booleans(),
    st.lists(WORDS, max_size=3),
    st.dictionaries(WORDS, SMALL, max_size=2),
    st.fixed_dictionaries({"inc": SMALL}),
    st.fixed_dictionaries({}, optional={"add": st.lists(WORDS), "remove": st.lists(WORDS)}),
)
TOKENS = st.lists(
    st.fixed_dictionaries({"app_id": st.just("a"), "token": st.just("t"), "device_id": DEVICES}),
    max_size=2,
)
CONTENT: st.SearchStrategy[Object] = st.fixed_dictionaries(
    {},
    optional={
        "first_name": optional(WORDS),
        "email": optional(EMAILS),
        "phone": optional(PHONES),
        "push_tokens": optional(TOKENS),
        **{f"attr_{n}": VALUES for n in range(3)},
    },
)
EVENT = st.just({"name": "e", "time": TIME})
PURCHASE = st.fixed_dictionaries(
    {"product_id": st.just("p"), "currency": st.just("EUR"), "price": st.just(1)},
    optional={"quantity": st.integers(1, 3)},
).map(lambda told: told | {"time": TIME})


@st.composite
def objects(draw: st.DrawFn, content: st.SearchStrategy[Object]) -> Object:
    """Who comes last, so that an identifying address is not overwritten."""
    return draw(content) | draw(FLAG) | draw(IDENTIFIERS)


REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "attributes": st.lists(objects(CONTENT), min_size=1, max_size=6),
        "events": st.lists(objects(EVENT), min_size=1, max_size=3),
        "purchases": st.lists(objects(PURCHASE), min_size=1, max_size=2),
    },
).filter(bool)


def stored(workspace_id: int) -> Iterator[tuple[Any, ...]]:
    profiles = Profile.objects.filter(workspace_id=workspace_id).order_by("number")
    for profile in profiles:
        found = finding.portrait_of(workspace_id, profile.number)
        assert found is not None
        yield (
            profile.external_id,
            next((alias.name for alias in found.aliases), None),
            {device.device_id: device.push_enabled for device in found.devices},
            *(profile.email, profile.phone, profile.first_name),
            {name: value for name, _type, value in found.attributes},
        )


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(REQUESTS, min_size=1, max_size=4))
def test_requests_do_to_people_what_the_model_says(requests: list[Object]) -> None:
    workspace_id = WorkspaceFactory.create().pk
    model = Model()
    for number, request in enumerate(requests):
        tracked = tracking.track(
            workspace_id, track_body.read(request), START + timedelta(seconds=number)
        )
        refused = [(str(problem.array), problem.index) for problem in tracked.problems]
        assert refused == model.track(request)
        assert list(stored(workspace_id)) == [person.seen() for person in model.people]
    batches = event_log.read(workspace_id, 0, limit_events=10_000)
    logged = [
        record.external_user_id or record.device_id
        for batch in batches
        for record in sorted(batch.records, key=lambda record: record.index)
    ]
    assert logged == model.events
