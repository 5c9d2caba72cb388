"""The screens of segments, below /w/<workspace>/segments/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from cohorts.segments import editor_views, export_views, views

app_name = "segments"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.segment_list, name="list"),
    path("archive/", views.archive, name="archive"),
    path("create/", editor_views.create, name="create"),
    path("preview/", editor_views.preview, name="preview"),
    path("options/", editor_views.options, name="options"),
    path("<uuid:pk>/", editor_views.detail, name="detail"),
    path("<uuid:pk>/save/", editor_views.save, name="save"),
    path("<uuid:pk>/members/", views.members, name="members"),
    path("<uuid:pk>/look-up/", views.look_up, name="look_up"),
    path("<uuid:pk>/quick-view/", views.quick_view, name="quick_view"),
    path("<uuid:pk>/changes/", editor_views.change_list, name="changes"),
    path("<uuid:pk>/sample/", views.sample, name="sample"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
    path("<uuid:pk>/star/", views.star, name="star"),
    path("<uuid:pk>/exports/", export_views.start, name="export_start"),
    path("<uuid:pk>/exports/<uuid:export>/", export_views.one, name="export"),
    path(
        "<uuid:pk>/exports/<uuid:export>/progress/", export_views.progress, name="export_progress"
    ),
    path("<uuid:pk>/exports/<uuid:export>/cancel/", export_views.cancel, name="export_cancel"),
    path("<uuid:pk>/exports/<uuid:export>/file/", export_views.file, name="export_file"),
    path("<uuid:pk>/duplicate/", views.duplicate, name="duplicate"),
]
