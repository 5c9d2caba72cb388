"""The screens of Currents, below /w/<workspace>/currents/."""

from __future__ import annotations

from django.urls import path

from braze_partners.rest.converters import ROW
from currents import connection_views, form_views, lookup_views, page_views, views
from currents.replays import views as replay_views

app_name = "currents"
urlpatterns = [
    path("", views.current_list, name="list"),
    path("create/", form_views.create, name="create"),
    path("preview/", form_views.preview, name="preview"),
    path("tests/<int:pk>/", connection_views.tested, name="tested"),
    path("<int:pk>/", page_views.detail, name="detail"),
    path("<int:pk>/state/", page_views.state, name="state"),
    path("<int:pk>/path/", page_views.path, name="path"),
    path("<int:pk>/live/", page_views.live, name="live"),
    path("<int:pk>/hot/", page_views.hot, name="hot"),
    path("<int:pk>/attempts/", page_views.attempt_list, name="attempts"),
    path("<int:pk>/attempts/<int:attempt>/", page_views.attempt_detail, name="attempt"),
    path("<int:pk>/events/", lookup_views.look_up, name="events"),
    path("<int:pk>/events/tail/", lookup_views.tail, name="tail"),
    path(f"<int:pk>/events/<{ROW}:sequence>/", lookup_views.event, name="event"),
    path("<int:pk>/dead-letters/", page_views.dead_letters, name="dead_letters"),
    path("<int:pk>/settings/", page_views.settings_page, name="settings"),
    path("<int:pk>/replays/", replay_views.replays, name="replays"),
    path("<int:pk>/replays/count/", replay_views.count, name="replay_count"),
    path("<int:pk>/replays/start/", replay_views.start, name="replay_start"),
    path("<int:pk>/replays/<int:replay>/", replay_views.progress, name="replay"),
    path("<int:pk>/replays/<int:replay>/cancel/", replay_views.cancel, name="replay_cancel"),
    path("<int:pk>/edit/", form_views.edit, name="edit"),
    path("<int:pk>/launch/", views.launch, name="launch"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/key/", views.enter_key, name="key"),
    path("<int:pk>/test/", connection_views.test_saved, name="test"),
]
