"""The addresses of this room's endpoints, below /api/v1/: the same ones for campaigns and for
Canvases, each with its own names, permissions and bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from braze_partners.messaging import api
from braze_partners.messaging.models import Outreach
from braze_partners.messaging.serializers import (
    AudienceSerializer,
    CampaignChangeSerializer,
    CampaignSerializer,
    CanvasChangeSerializer,
    CanvasSerializer,
    NewCampaignSerializer,
    NewCanvasSerializer,
)
from braze_partners.rest.idempotency import IDEMPOTENCY_PARAMETER
from braze_partners.rest.paging import paged
from cohorts.segments.acts_api import ArchivedSerializer, ArchivingSerializer, CopySerializer

Serializer = type[serializers.Serializer[Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between the endpoints of campaigns and of Canvases."""

    kind: str
    plural: str
    answer: Serializer
    new: Serializer
    change: Serializer

    @property
    def reads(self) -> str:
        return f"{self.plural}.read"

    @property
    def writes(self) -> str:
        return f"{self.plural}.write"


CAMPAIGNS = Kind(
    Outreach.Kind.CAMPAIGN,
    "campaigns",
    CampaignSerializer,
    NewCampaignSerializer,
    CampaignChangeSerializer,
)
CANVASES = Kind(
    Outreach.Kind.CANVAS, "canvases", CanvasSerializer, NewCanvasSerializer, CanvasChangeSerializer
)


def _of(view: type[api.OutreachView], of: Kind, **more: Any) -> type[api.OutreachView]:
    """The endpoint as that kind has it; `more` are its bodies and who may use it."""
    given = {"kind": of.kind, "answer": of.answer, **more}
    return type(f"{view.__name__}Of{of.plural.title()}", (view,), given)


def _list(of: Kind) -> type[api.OutreachView]:
    made = _of(api.OutreachList, of, asked=of.new, needs={"GET": of.reads, "POST": of.writes})
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"{of.plural}_list",
            parameters=api.LIST_PARAMETERS,
            responses=paged(of.answer),
        ),
        post=extend_schema(
            operation_id=f"{of.plural}_create",
            parameters=[IDEMPOTENCY_PARAMETER],
            request=of.new,
            responses={201: of.answer},
        ),
    )(made)


def _one(of: Kind) -> type[api.OutreachView]:
    made = _of(api.OutreachOne, of, asked=of.change, needs={"GET": of.reads, "PATCH": of.writes})
    return extend_schema_view(
        get=extend_schema(operation_id=f"{of.plural}_read", responses=of.answer),
        patch=extend_schema(
            operation_id=f"{of.plural}_change", request=of.change, responses=of.answer
        ),
    )(made)


def _audience(of: Kind) -> type[api.OutreachView]:
    made = _of(api.OutreachAudience, of, needs={"GET": of.reads})
    described = extend_schema(operation_id=f"{of.plural}_audience", responses=AudienceSerializer)
    return extend_schema_view(get=described)(made)


def _duplicate(of: Kind) -> type[api.OutreachView]:
    made = _of(api.OutreachDuplicate, of, needs={"POST": of.writes})
    described = extend_schema(
        operation_id=f"{of.plural}_duplicate",
        parameters=[IDEMPOTENCY_PARAMETER],
        request=CopySerializer,
        responses={201: of.answer},
    )
    return extend_schema_view(post=described)(made)


def _archiving(of: Kind) -> type[api.OutreachView]:
    made = _of(api.OutreachArchiving, of, needs={"POST": of.writes})
    described = extend_schema(
        operation_id=f"{of.plural}_archive",
        request=ArchivingSerializer,
        responses=ArchivedSerializer,
    )
    return extend_schema_view(post=described)(made)


def _addresses(of: Kind) -> list[URLPattern]:
    all_of, name = of.plural, f"api-{of.kind}"
    return [
        path(all_of, _list(of).as_view(), name=f"api-{all_of}"),
        path(f"{all_of}/archive", _archiving(of).as_view(), name=f"api-{all_of}-archive"),
        path(f"{all_of}/<uuid:pk>", _one(of).as_view(), name=name),
        path(f"{all_of}/<uuid:pk>/audience", _audience(of).as_view(), name=f"{name}-audience"),
        path(f"{all_of}/<uuid:pk>/duplicate", _duplicate(of).as_view(), name=f"{name}-duplicate"),
    ]


urlpatterns = [
    *_addresses(CAMPAIGNS),
    *_addresses(CANVASES),
    path("audiences/size", api.UnsavedAudience.as_view(), name="api-audience-size-unsaved"),
]
