"""Factories of replays."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from currents.replays.models import Replay
from tests.currents.factories import CurrentFactory, now


class ReplayFactory(DjangoModelFactory[Replay]):
    """Running, of three dead letters, at its beginning."""

    class Meta:
        model = Replay

    current = factory.SubFactory(CurrentFactory)
    kind = Replay.Kind.DEAD_LETTERS
    created_at = factory.LazyFunction(now)
    first_sequence = 0
    end_sequence = 3
    position = 0
    total = 3
