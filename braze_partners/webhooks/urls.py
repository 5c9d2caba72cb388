"""The screens of this room, below /w/<workspace>/settings/webhooks/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from braze_partners.webhooks import views

app_name = "webhooks"
ONE = f"<{ROW}:pk>/"
urlpatterns = [
    path("", views.webhook_list, name="list"),
    path("new/", views.create, name="create"),
    path(ONE, views.detail, name="detail"),
    path(f"{ONE}live/", views.live, name="live"),
    path(f"{ONE}edit/", views.edit, name="edit"),
    path(f"{ONE}test/", views.test, name="test"),
    path(f"{ONE}pause/", views.pause, name="pause"),
    path(f"{ONE}resume/", views.resume, name="resume"),
    path(f"{ONE}secret/", views.rotate, name="rotate"),
    path(f"{ONE}delete/", views.delete, name="delete"),
    path(f"{ONE}deliveries/<{ROW}:delivery>/", views.delivery, name="delivery"),
    path(f"{ONE}deliveries/<{ROW}:delivery>/resend/", views.resend, name="resend"),
]
