"""Factories of the workspaces app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import factory
from factory.django import DjangoModelFactory

from braze_partners.workspaces import models

PASSWORD = "correct horse battery"


class AccountFactory(DjangoModelFactory[models.Account]):
    class Meta:
        model = models.Account
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")

    @factory.post_generation
    def password(self: models.Account, create: bool, extracted: str | None) -> None:
        self.set_password(extracted or PASSWORD)
        self.save()


class WorkspaceFactory(DjangoModelFactory[models.Workspace]):
    class Meta:
        model = models.Workspace

    slug = factory.Sequence(lambda n: f"workspace-{n}")
    name = factory.Sequence(lambda n: f"Workspace {n}")


class MemberFactory(DjangoModelFactory[models.Member]):
    class Meta:
        model = models.Member

    workspace = factory.SubFactory(WorkspaceFactory)
    account = factory.SubFactory(AccountFactory)
    role = models.Role.ADMIN


class BrowserSessionFactory(DjangoModelFactory[models.BrowserSession]):
    class Meta:
        model = models.BrowserSession

    session_key = factory.Sequence(lambda n: f"session{n:025d}")
    session_data = ""
    expire_date = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=14))
    account = factory.SubFactory(AccountFactory)


class InvitationFactory(DjangoModelFactory[models.Invitation]):
    class Meta:
        model = models.Invitation

    workspace = factory.SubFactory(WorkspaceFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.org")
    role = models.Role.MARKETER
    token_digest = factory.Sequence(lambda n: sha256(str(n).encode()).digest())
    expires_at = factory.LazyFunction(lambda: datetime.now(UTC) + timedelta(days=7))


class AuditEntryFactory(DjangoModelFactory[models.AuditEntry]):
    class Meta:
        model = models.AuditEntry

    workspace = factory.SubFactory(WorkspaceFactory)
    at = factory.LazyFunction(lambda: datetime.now(UTC))
    actor_text = "Alice <alice@example.org>"
    action = "segment.created"
    target = "Segment One"
