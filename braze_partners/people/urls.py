"""The screens of this room, below /w/<workspace>/people/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from braze_partners.people import import_views, views

app_name = "people"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.search, name="search"),
    path("<int:number>/", views.person, name="person"),
    path("<int:number>/identify/", views.identify_person, name="identify"),
    path("<int:number>/delete/", views.delete_person, name="delete"),
    path("import/", import_views.import_people, name="import"),
    path("import/<int:pk>/", import_views.import_one, name="import_one"),
    path("import/<int:pk>/progress/", import_views.import_progress, name="import_progress"),
    path("import/<int:pk>/start/", import_views.import_start, name="import_start"),
    path("import/<int:pk>/cancel/", import_views.import_cancel, name="import_cancel"),
    path("import/<int:pk>/refused.csv", import_views.import_problems, name="import_problems"),
]
