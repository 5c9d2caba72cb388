"""The screens of this room, below /w/<workspace>/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from braze_partners.dashboard import person_pages, story_views, views
from braze_partners.dashboard.shell_urls import workspace_patterns

app_name = "dashboard"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home_page, name="home"),
    path("figures/", views.home_figures, name="home_figures"),
    path("starred/", views.starred, name="starred"),
    path("story/", story_views.stories, name="story"),
    path("story/event/", story_views.send_event, name="send_event"),
    path("story/flow/", story_views.event_flow, name="event_flow"),
    path("search/", views.search, name="search"),
    path("people/<int:number>/cohorts/", person_pages.person_cohorts, name="person_cohorts"),
    path("people/<int:number>/segments/", person_pages.person_segments, name="person_segments"),
    path("people/<int:number>/amplitude/", person_pages.person_amplitude, name="person_amplitude"),
    path("people/<int:number>/events/", person_pages.person_events, name="person_events"),
    path("partners/", include("braze_partners.dashboard.partner_urls")),
    *workspace_patterns,
]
