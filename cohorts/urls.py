"""The screens of imported cohorts and import runs, below /w/<workspace>/cohorts/."""

from __future__ import annotations

from django.urls import path

from cohorts import views

app_name = "cohorts"
urlpatterns = [
    path("", views.cohort_list, name="list"),
    path("runs/", views.run_list, name="runs"),
    path("runs/<int:pk>/", views.run_detail, name="run"),
    path("<int:pk>/", views.cohort_detail, name="detail"),
    path("<int:pk>/members/", views.cohort_members, name="members"),
    path("<int:pk>/runs/", views.cohort_runs, name="cohort_runs"),
    path("<int:pk>/used-in/", views.cohort_used_in, name="used_in"),
    path("<int:pk>/archive/", views.cohort_archive, name="archive"),
    path("<int:pk>/delete/", views.cohort_delete, name="delete"),
]
