"""The screens of pull syncs, below /w/<workspace>/cohorts/syncs/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from cohorts.syncing import schedule_views, views

app_name = "syncs"
urlpatterns = [
    path("", views.sync_list, name="list"),
    path("new/", schedule_views.choose, name="choose"),
    path(f"new/<{ROW}:pk>/", schedule_views.new, name="new"),
    path(f"new/<{ROW}:pk>/list/", schedule_views.remote_list, name="remote_list"),
    path(f"<{ROW}:pk>/edit/", schedule_views.edit, name="edit"),
    path(f"<{ROW}:pk>/end/", views.schedule_end, name="end"),
    path(f"<{ROW}:pk>/act/<slug:act>/", views.schedule_act, name="act"),
    path(f"runs/<{ROW}:pk>/", views.run_detail, name="run"),
    path(f"runs/<{ROW}:pk>/progress/", views.run_progress, name="progress"),
    path(f"runs/<{ROW}:pk>/act/<slug:act>/", views.run_act, name="run_act"),
    path(f"undo/<{ROW}:pk>/", views.undo, name="undo"),
]
