"""The cast of the tests: two workspaces; Alice the admin, Bob the marketer, Charlie the viewer
of the first; Mallory, admin of the second only."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from braze_partners.workspaces.models import Account, Role, Workspace
from tests.workspaces.factories import AccountFactory, MemberFactory, WorkspaceFactory


@dataclass(slots=True)
class Cast:
    workspace: Workspace
    other_workspace: Workspace
    alice: Account
    bob: Account
    charlie: Account
    mallory: Account

    def client(self, account: Account) -> Client:
        client = Client()
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        return client


@pytest.fixture
def cast(db: None) -> Cast:
    lumen = WorkspaceFactory.create(slug="lumen", name="Lumen Outfitters")
    other = WorkspaceFactory.create(slug="other", name="Other Shop")
    people = {
        "alice": (lumen, Role.ADMIN),
        "bob": (lumen, Role.MARKETER),
        "charlie": (lumen, Role.VIEWER),
        "mallory": (other, Role.ADMIN),
    }
    accounts = {}
    for name, (workspace, role) in people.items():
        account = AccountFactory.create(email=f"{name}@example.org", name=name.title())
        MemberFactory.create(workspace=workspace, account=account, role=role)
        accounts[name] = account
    return Cast(lumen, other, **accounts)
