"""Which permission an endpoint asks of the key that calls it."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from braze_partners.errors import LacksPermission, MethodNotAllowed
from braze_partners.rest.callers import key_of


class HasPermission(BasePermission):
    """The view says `needs = {"GET": "cohorts.read", "POST": "cohorts.write"}`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        needed = view.needs.get(method)
        if needed is None:
            raise MethodNotAllowed(headers={"Allow": ", ".join(view.allowed_methods)})
        if needed not in key_of(request).permissions:
            raise LacksPermission(needed)
        return True
