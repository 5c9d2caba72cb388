"""The technology partners over /api/v1/; HTTP only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from braze_partners.errors import NotFound
from braze_partners.partners import connections, directory
from braze_partners.partners.connections import State
from braze_partners.partners.directory import Category, Partner
from braze_partners.partners.endpoint import cohorts_path, rest_endpoint
from braze_partners.rest.paging import PAGE_PARAMETERS, Page, paged, sequence_page
from braze_partners.rest.views import ApiView


class PartnerSerializer(serializers.Serializer[Any]):
    slug = serializers.SlugField()
    name = serializers.CharField()
    category = serializers.ChoiceField(choices=[category.value for category in Category])
    capabilities = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=[state.value for state in State])
    active_keys = serializers.IntegerField()
    last_request_at = serializers.DateTimeField(allow_null=True)
    rest_endpoint = serializers.URLField()
    cohorts_url = serializers.URLField()


def _shown(partner: Partner, connection: connections.Connection, endpoint: str) -> dict[str, Any]:
    return {
        "slug": partner.slug,
        "name": partner.name,
        "category": partner.category.value,
        "capabilities": [capability.value for capability in partner.capabilities],
        "state": connection.state.value,
        "active_keys": connection.active_keys,
        "last_request_at": connection.last_request_at,
        "rest_endpoint": endpoint,
        "cohorts_url": endpoint + cohorts_path(partner.slug),
    }


def _endpoint(request: Request) -> str:
    return rest_endpoint(f"{request.scheme}://{request.get_host()}")


class PartnerList(ApiView):
    needs: ClassVar = {"GET": "partners.read"}

    @extend_schema(
        operation_id="partners_list",
        parameters=PAGE_PARAMETERS,
        responses=paged(PartnerSerializer),
    )
    def get(self, request: Request) -> Response:
        """The partners of the directory, with their state in this workspace."""
        known = connections.connections(self.workspace, timezone.now())
        page = sequence_page(request, directory.PARTNERS)
        endpoint = _endpoint(request)
        rows = [
            _shown(partner, known.get(partner.slug, connections.NONE), endpoint)
            for partner in page.rows
        ]
        return Page(rows, page.next_url).answer(PartnerSerializer)


class PartnerOne(ApiView):
    needs: ClassVar = {"GET": "partners.read"}

    @extend_schema(operation_id="partners_read", responses=PartnerSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """A partner, with the REST endpoint to give to it."""
        partner = directory.find(slug)
        if partner is None:
            raise NotFound("There is no such partner")
        state = connections.connection(self.workspace, slug, timezone.now())
        return Response(PartnerSerializer(_shown(partner, state, _endpoint(request))).data)
