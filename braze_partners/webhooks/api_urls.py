"""The addresses of this room's endpoints, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from braze_partners.webhooks import api

ONE = f"webhooks/<{ROW}:pk>"

urlpatterns = [
    path("webhooks", api.WebhookList.as_view(), name="api-webhooks"),
    path(ONE, api.WebhookOne.as_view(), name="api-webhook"),
    path(f"{ONE}/pause", api.WebhookPause.as_view(), name="api-webhook-pause"),
    path(f"{ONE}/resume", api.WebhookResume.as_view(), name="api-webhook-resume"),
    path(f"{ONE}/secret", api.WebhookSecret.as_view(), name="api-webhook-secret"),
    path(f"{ONE}/test", api.WebhookTest.as_view(), name="api-webhook-test"),
    path(f"{ONE}/deliveries", api.DeliveryList.as_view(), name="api-webhook-deliveries"),
    path(
        f"{ONE}/deliveries/<{ROW}:delivery>/resend",
        api.DeliveryResend.as_view(),
        name="api-webhook-resend",
    ),
]
