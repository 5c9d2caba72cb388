"""GET /events/list, Braze's own list of the names of custom events. HTTP only."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.events import names
from braze_partners.rest.braze_lists import SUCCESS, page_number
from braze_partners.rest.views import ApiView


class EventsList(ApiView):
    needs: ClassVar = {"GET": "events.list"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """Some clients page until nothing comes: what is no page is empty, as is one too far."""
        number = page_number(request.query_params.get("page", "0"))
        return Response({"message": SUCCESS, "events": names.page(self.workspace_id, number)})
