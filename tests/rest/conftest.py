"""A client that calls with a REST API key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from braze_partners.keys import permissions
from tests.cast import Cast
from tests.keys.factories import RestApiKeyFactory

SECRET = "brk_" + "k" * 43


class KeyClient(Client):
    """Sends JSON and the Bearer key."""

    def __init__(self, secret: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {secret}"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = json.dumps(body).encode() if body is not None else b""
        return self.generic(
            method,
            path,
            data,
            "application/json",
            headers={name.replace("_", "-"): text for name, text in headers.items()},
        )


@pytest.fixture
def with_key(cast: Cast) -> Callable[..., KeyClient]:
    """`with_key("audit.read")`: a client whose key of the first workspace has just that."""

    def make(*allowed: str) -> KeyClient:
        secret = f"brk_{len(allowed):043d}"
        RestApiKeyFactory.create(workspace=cast.workspace, secret=secret, permissions=allowed)
        return KeyClient(secret)

    return make


@pytest.fixture
def full(cast: Cast) -> KeyClient:
    """A client whose key may everything."""
    every = sorted(permissions.NAMES)
    RestApiKeyFactory.create(workspace=cast.workspace, secret=SECRET, permissions=every)
    return KeyClient(SECRET)
