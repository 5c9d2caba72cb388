"""Recognises the Bearer REST API key of a request; HTTP only, verifying decides."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from braze_partners.keys import verifying
from braze_partners.keys.errors import UnknownRestKey
from braze_partners.keys.verifying import VerifiedRestKey
from braze_partners.workspaces.addresses import client_address


def bearer_secret(authorization: str) -> str:
    """The key in an Authorization header. Raises UnknownRestKey where there is none."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise UnknownRestKey
    return secret.strip()


class BearerKey(BaseAuthentication):
    """`request.auth` becomes the VerifiedRestKey; without a valid key there is no request."""

    def authenticate(self, request: Request) -> tuple[None, VerifiedRestKey]:
        secret = bearer_secret(request.headers.get("Authorization", ""))
        address = client_address(request._request)
        return None, verifying.admit_rest_call(secret, address, timezone.now())

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Braze Partners"'
