"""The screens of imported cohorts and import runs, below /w/<workspace>/cohorts/."""

from __future__ import annotations

from django.urls import path

from cohorts import data_point_views, run_views, views

app_name = "cohorts"
urlpatterns = [
    path("", views.cohort_list, name="list"),
    path("data-points/", data_point_views.ledger, name="data_points"),
    path("data-points/export/", data_point_views.export, name="data_points_export"),
    path("runs/", run_views.run_list, name="runs"),
    path("runs/<int:pk>/", run_views.run_detail, name="run"),
    path("runs/<int:pk>/reapply/", run_views.reapply_run, name="reapply_run"),
    path("runs/groups/<int:pk>/", run_views.run_group, name="run_group"),
    path("runs/skipped/", run_views.skipped_list, name="skipped"),
    path("reapply/<uuid:pk>/", run_views.reapplication, name="reapplication"),
    path(
        "reapply/<uuid:pk>/progress/",
        run_views.reapplication_progress,
        name="reapplication_progress",
    ),
    path("reapply/<uuid:pk>/cancel/", run_views.reapplication_cancel, name="reapplication_cancel"),
    path("<int:pk>/reapply/", run_views.reapply_cohort, name="reapply"),
    path("<int:pk>/", views.cohort_detail, name="detail"),
    path("<int:pk>/members/", views.cohort_members, name="members"),
    path("<int:pk>/runs/", views.cohort_runs, name="cohort_runs"),
    path("<int:pk>/used-in/", views.cohort_used_in, name="used_in"),
    path("<int:pk>/archive/", views.cohort_archive, name="archive"),
    path("<int:pk>/delete/", views.cohort_delete, name="delete"),
]
