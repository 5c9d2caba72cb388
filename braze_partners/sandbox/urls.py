"""Every address of the sandbox."""

from __future__ import annotations

from django.urls import path

from braze_partners.sandbox import api, api_upload
from braze_partners.sandbox.views import (
    cohort_api,
    cohorts,
    credentials,
    destinations,
    events,
    faults,
    profile_api,
    syncs,
    uploads,
    users,
)

urlpatterns = [
    path("", cohorts.home, name="home"),
    path("healthz", destinations.healthz, name="healthz"),
    path("events", events.stream, name="events"),
    path("events/rows", events.stream_rows, name="events-rows"),
    path("events/delete", events.delete, name="events-delete"),
    path("events/<int:sequence>", events.event_page, name="event"),
    path("requests", events.request_list, name="requests"),
    path("requests/rows", events.request_rows, name="requests-rows"),
    path("faults", faults.fault_list, name="faults"),
    path("faults/active", faults.active, name="faults-active"),
    path("faults/off", faults.switch_all_off, name="faults-off"),
    path("faults/<str:kind>", faults.fault_page, name="fault"),
    path("faults/<str:kind>/off", faults.switch_off, name="fault-off"),
    path("users", users.user_list, name="users"),
    path("users/add", users.add_user, name="add-user"),
    path("users/add-many", users.add_many, name="add-users"),
    path("users/<int:amplitude_id>", users.user_page, name="user"),
    path("cohorts", cohorts.cohort_list, name="cohorts"),
    path("cohorts/new", cohorts.new_cohort, name="new-cohort"),
    path("cohorts/<str:cohort_id>", cohorts.cohort_page, name="cohort"),
    path("cohorts/<str:cohort_id>/history", cohorts.cohort_history, name="cohort-history"),
    path("cohorts/<str:cohort_id>/rule", cohorts.edit_rule, name="cohort-rule"),
    path("cohorts/<str:cohort_id>/rename", cohorts.rename, name="cohort-rename"),
    path("cohorts/<str:cohort_id>/members", cohorts.change_members, name="cohort-members"),
    path("cohorts/<str:cohort_id>/shuffle", cohorts.shuffle, name="cohort-shuffle"),
    path("cohorts/<str:cohort_id>/recompute", cohorts.recompute, name="cohort-recompute"),
    path("cohorts/<str:cohort_id>/archive", cohorts.archive, name="cohort-archive"),
    path("cohorts/<str:cohort_id>/delete", cohorts.delete, name="cohort-delete"),
    path("cohorts/<str:cohort_id>/sync", syncs.start, name="sync-start"),
    path("cohorts/<str:cohort_id>/sync/preview", syncs.preview, name="sync-preview"),
    path("cohorts/<str:cohort_id>/schedule/end", syncs.end_schedule, name="schedule-end"),
    path("syncs/<int:sync_id>", syncs.sync_page, name="sync"),
    path("syncs/<int:sync_id>/progress", syncs.sync_progress, name="sync-progress"),
    path("syncs/<int:sync_id>/stop", syncs.stop, name="sync-stop"),
    path("destinations", destinations.destinations_page, name="destinations"),
    path("destinations/braze/test", destinations.test_key, name="key-test"),
    path("credentials", credentials.credentials_page, name="credentials"),
    path("credentials/add", credentials.add_key, name="key-add"),
    path("credentials/<int:number>/revoke", credentials.revoke_key, name="key-revoke"),
    path("sandbox/api/users", api.answers(get=api.list_users, post=api.add_users)),
    path("sandbox/api/cohorts", api.answers(get=api.list_cohorts, post=api.create_cohort)),
    path(
        "sandbox/api/cohorts/<str:cohort_id>",
        api.answers(get=api.show_cohort, patch=api.change_cohort, delete=api.delete_cohort),
    ),
    path("sandbox/api/cohorts/<str:cohort_id>/recompute", api.answers(post=api.recompute_cohort)),
    path("sandbox/api/cohorts/<str:cohort_id>/syncs", api.answers(get=api.list_syncs)),
    path(
        "sandbox/api/cohorts/<str:cohort_id>/members",
        api.answers(get=api.list_members, post=api.change_members),
    ),
    path("sandbox/api/cohorts/<str:cohort_id>/sync", api.answers(post=api.ask_for_sync)),
    path(
        "sandbox/api/destination",
        api.answers(get=api.show_destination, put=api.save_destination),
    ),
    path("sandbox/api/syncs/<int:sync_id>", api.answers(get=api.show_sync)),
    path(
        "sandbox/api/events",
        api.answers(get=api_upload.list_events, delete=api_upload.delete_events),
    ),
    path("sandbox/api/events/insert-ids", api.answers(get=api_upload.list_insert_ids)),
    path("sandbox/api/events/count", api.answers(get=api_upload.count_events)),
    path("sandbox/api/requests", api.answers(get=api_upload.list_requests)),
    path(
        "sandbox/api/faults",
        api.answers(
            get=api_upload.list_faults,
            put=api_upload.set_faults,
            delete=api_upload.clear_faults,
        ),
    ),
    path(
        "sandbox/api/faults/<str:kind>",
        api.answers(
            get=api_upload.show_fault, put=api_upload.set_fault, delete=api_upload.clear_fault
        ),
    ),
    path("sandbox/api/project", api.answers(get=api_upload.show_project)),
    path(
        "sandbox/api/project/keys",
        api.answers(get=api_upload.list_keys, post=api_upload.add_key),
    ),
    path("sandbox/api/project/keys/<int:number>", api.answers(delete=api_upload.revoke_key)),
    path("api/3/cohorts", cohort_api.cohort_list),
    path("api/3/cohorts/upload", cohort_api.upload),
    path("api/5/cohorts/request/<str:cohort_id>", cohort_api.ask),
    path("api/5/cohorts/request-status/<str:file_id>", cohort_api.status),
    path("api/5/cohorts/request/<str:file_id>/file", cohort_api.file),
    path("cohort-files/<str:file_id>.csv", cohort_api.presigned),
    path("v1/userprofile", profile_api.profile),
    path("v1/<path:rest>", profile_api.wrong_path),
    path("2/httpapi", uploads.http_v2),
    path("batch", uploads.batch),
    path("identify", uploads.identify),
]

handler400 = "braze_partners.sandbox.views.destinations.not_understood"
handler404 = "braze_partners.sandbox.views.destinations.not_found"
handler500 = "braze_partners.sandbox.views.destinations.server_error"
