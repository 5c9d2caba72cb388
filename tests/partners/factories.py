"""Factories of the partners app."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from braze_partners.keys import credentials
from braze_partners.partners import models
from braze_partners.partners.amplitude.hosts import Region
from braze_partners.partners.amplitude.project import project_of
from tests.workspaces.factories import WorkspaceFactory

API_KEY = "b7c2" + "0" * 24 + "19fe"
SECRET_KEY = "d4e5" + "0" * 24 + "77aa"


def now() -> datetime:
    return datetime.now(UTC)


class AmplitudeProjectFactory(DjangoModelFactory[models.AmplitudeProject]):
    """`plain_key` and `plain_secret` are its credentials."""

    class Meta:
        model = models.AmplitudeProject

    class Params:
        plain_key = factory.Sequence(lambda n: f"{n:04x}{API_KEY[4:]}")
        plain_secret = SECRET_KEY

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"Project {n}")
    region = Region.US
    api_key = factory.LazyAttribute(lambda o: credentials.encrypt(o.plain_key))
    secret_key = factory.LazyAttribute(lambda o: credentials.encrypt(o.plain_secret))
    api_key_hint = factory.LazyAttribute(lambda o: credentials.hint(o.plain_key))
    secret_key_hint = factory.LazyAttribute(lambda o: credentials.hint(o.plain_secret))
    fingerprint = factory.LazyAttribute(lambda o: project_of(o.region, o.plain_key))
    created_at = factory.LazyFunction(now)
    changed_at = factory.LazyFunction(now)


class ProjectCheckFactory(DjangoModelFactory[models.ProjectCheck]):
    """Done, and accepted."""

    class Meta:
        model = models.ProjectCheck

    project = factory.SubFactory(AmplitudeProjectFactory)
    created_at = factory.LazyFunction(now)
    state = models.ProjectCheck.State.DONE
    finished_at = factory.LazyFunction(now)
    verdict = models.Verdict.ACCEPTED
    status = 200
    took_ms = 184
    cohorts = factory.LazyFunction(list)


class ProfileLookUpFactory(DjangoModelFactory[models.ProfileLookUp]):
    """Waits for a worker."""

    class Meta:
        model = models.ProfileLookUp

    project = factory.SubFactory(AmplitudeProjectFactory)
    user_id = factory.Sequence(lambda n: f"usr_{n}")
    asked_hash = factory.Sequence(lambda n: f"{n:032x}")
    created_at = factory.LazyFunction(now)
