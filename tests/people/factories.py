"""Factories of the people app. Profiles go through the real way in, so that their numbers count."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory
from pyroaring import BitMap

from braze_partners.people import models
from braze_partners.people.attributes import Value
from braze_partners.people.identity import alias_hash, identifier_hash
from braze_partners.people.profiles import NewPerson, create_together
from tests.workspaces.factories import WorkspaceFactory


class ProfileFactory(DjangoModelFactory[models.Profile]):
    """An identified person; `external_id=None` makes an anonymous one."""

    class Meta:
        model = models.Profile

    workspace = factory.SubFactory(WorkspaceFactory)
    external_id = factory.Sequence(lambda n: f"person-{n}")
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> models.Profile:
        workspace, now = kwargs.pop("workspace"), kwargs.pop("created_at")
        attributes: dict[str, Value] = kwargs.pop("attributes", {})
        person = NewPerson(kwargs.pop("external_id"), fields=kwargs, attributes=attributes)
        (number,) = create_together(workspace.pk, [person], now)
        return models.Profile.objects.get(workspace=workspace, number=number)


class AliasFactory(DjangoModelFactory[models.Alias]):
    class Meta:
        model = models.Alias

    profile = factory.SubFactory(ProfileFactory, external_id=None)
    workspace = factory.SelfAttribute("profile.workspace")
    number = factory.SelfAttribute("profile.number")
    label = "amplitude_id"
    name = factory.Sequence(lambda n: f"alias-{n}")
    hash = factory.LazyAttribute(lambda alias: alias_hash(alias.label, alias.name))


class DeviceFactory(DjangoModelFactory[models.Device]):
    class Meta:
        model = models.Device

    profile = factory.SubFactory(ProfileFactory, external_id=None)
    workspace = factory.SelfAttribute("profile.workspace")
    number = factory.SelfAttribute("profile.number")
    device_id = factory.Sequence(lambda n: f"device-{n}")
    hash = factory.LazyAttribute(lambda device: identifier_hash(device.device_id))


class AttributeFactory(DjangoModelFactory[models.Attribute]):
    class Meta:
        model = models.Attribute

    workspace = factory.SubFactory(WorkspaceFactory)
    name = factory.Sequence(lambda n: f"attribute_{n}")
    type = models.Attribute.Type.TEXT


class AttributeValueFactory(DjangoModelFactory[models.AttributeValue]):
    class Meta:
        model = models.AttributeValue

    profile = factory.SubFactory(ProfileFactory)
    attribute = factory.SubFactory(
        AttributeFactory, workspace=factory.SelfAttribute("..profile.workspace")
    )
    text = "gold"


class NumberCounterFactory(DjangoModelFactory[models.NumberCounter]):
    class Meta:
        model = models.NumberCounter

    workspace = factory.SubFactory(WorkspaceFactory)


class PeopleSetFactory(DjangoModelFactory[models.PeopleSet]):
    class Meta:
        model = models.PeopleSet

    workspace = factory.SubFactory(WorkspaceFactory)
    kind = models.PeopleSet.Kind.DELETED
    block = 0
    version = factory.Sequence(lambda n: n + 1)
    bits = factory.LazyFunction(lambda: BitMap().serialize())


class PeopleImportFactory(DjangoModelFactory[models.PeopleImport]):
    class Meta:
        model = models.PeopleImport

    workspace = factory.SubFactory(WorkspaceFactory)
    file_name = "people.csv"
    path = factory.Sequence(lambda n: f"people-{n}.csv")
    created_at = factory.LazyFunction(lambda: datetime.now(UTC))


class PeopleImportProblemFactory(DjangoModelFactory[models.PeopleImportProblem]):
    class Meta:
        model = models.PeopleImportProblem

    people_import = factory.SubFactory(PeopleImportFactory)
    line = factory.Sequence(lambda n: n + 2)
    column = "email"
    text = "This is no e-mail address."
