"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.partners import api, api_keys
from braze_partners.rest.converters import ROW

urlpatterns = [
    path("partners", api.PartnerList.as_view(), name="api-partners"),
    path("partners/<slug:slug>", api.PartnerOne.as_view(), name="api-partner"),
    path("import-keys", api_keys.ImportKeyList.as_view(), name="api-import-keys"),
    path(
        f"import-keys/<{ROW}:pk>/rotate",
        api_keys.ImportKeyRotate.as_view(),
        name="api-import-key-rotate",
    ),
    path(
        f"import-keys/<{ROW}:pk>",
        api_keys.ImportKeyOne.as_view(),
        name="api-import-key",
    ),
]
