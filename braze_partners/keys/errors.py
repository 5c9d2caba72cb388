"""What a key can be refused for. The texts are Braze's (wire/braze-cohort-import.md)."""

from __future__ import annotations

from braze_partners.errors import Conflict, Forbidden, RateLimited, Unauthenticated


class UnknownKey(Unauthenticated):
    """Never existed or was invalidated: both answer the same."""

    message = "Invalid client secret"


class UnknownRestKey(Unauthenticated):
    message = "Invalid API key"

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer realm="Braze Partners"'})


class WrongPartner(Unauthenticated):
    """A valid key on another partner's path; `masked` is all that is said of it."""

    def __init__(self, masked: str) -> None:
        super().__init__(f"Partner not enabled for client with client secret: {masked}")


class InvalidPartnerKey(Unauthenticated):
    message = "Invalid Partner API key"


class AddressNotAllowed(Forbidden):
    message = "The API key is not allowed from this address"


class NotRotatable(Conflict):
    message = "Only an active key can be rotated; this one is ending or over"


class TooManyFailures(RateLimited):
    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            "Too many attempts with invalid keys from this address",
            headers={"Retry-After": str(wait_seconds)},
        )
