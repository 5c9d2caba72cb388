"""The screens of Amplitude projects, below /w/<workspace>/settings/amplitude-projects/."""

from __future__ import annotations

from django.urls import path

from braze_partners.partners import project_views as views
from braze_partners.rest.converters import ROW

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="list"),
    path("new/", views.project_new, name="new"),
    path(f"<{ROW}:pk>/", views.project_detail, name="detail"),
    path(f"<{ROW}:pk>/rename/", views.project_rename, name="rename"),
    path(f"<{ROW}:pk>/keys/", views.project_keys, name="keys"),
    path(f"<{ROW}:pk>/test/", views.project_test, name="test"),
    path(f"<{ROW}:pk>/tested/", views.project_tested, name="tested"),
    path(f"<{ROW}:pk>/delete/", views.project_delete, name="delete"),
]
