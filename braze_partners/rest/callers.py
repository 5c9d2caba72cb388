"""Who calls with a REST API key: what endpoints may know of that key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from rest_framework.request import Request

from braze_partners.workspaces.audit import Actor


class AuthenticatedKey(Protocol):
    """What `request.auth` is after authentication, whoever authenticates."""

    @property
    def key_id(self) -> int: ...
    @property
    def workspace_id(self) -> int: ...
    @property
    def permissions(self) -> frozenset[str]: ...
    @property
    def masked(self) -> str: ...


def key_of(request: Request) -> AuthenticatedKey:
    return cast(AuthenticatedKey, request.auth)


@dataclass(frozen=True, slots=True)
class Caller:
    """The key that calls, for the audit log."""

    address: str | None
    masked_key: str

    @property
    def text(self) -> str:
        return f"REST API key {self.masked_key}"

    @property
    def actor(self) -> Actor:
        return Actor(address=self.address, text=self.text)
