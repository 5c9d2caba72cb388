"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.keys import api
from braze_partners.rest.converters import ROW

urlpatterns = [
    path("rest-keys", api.RestKeyList.as_view(), name="api-rest-keys"),
    path(f"rest-keys/<{ROW}:pk>/rotate", api.RestKeyRotate.as_view(), name="api-rest-key-rotate"),
    path(f"rest-keys/<{ROW}:pk>", api.RestKeyOne.as_view(), name="api-rest-key"),
]
