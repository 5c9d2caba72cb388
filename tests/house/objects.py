"""What stands in an address: for each address with parameters, an object that it can show.

An address below a workspace is walked as every role (test_url_walk.py), so it needs an object of
the cast's workspace. Two kinds of entries:

- SHARED: the parameters are the same for every workspace, such as a partner of the directory;
- OWNED: a function makes the object in the cast's workspace. Whoever asks for it from inside
  another workspace must get a 404, which the walk checks too.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from braze_partners.events import intake
from braze_partners.messaging.models import Outreach
from braze_partners.workspaces.models import Member
from tests.cast import Cast
from tests.cohorts.factories import (
    CohortFactory,
    ImportRunFactory,
    ReapplicationFactory,
    RunGroupFactory,
)
from tests.currents.factories import AttemptFactory, ConnectionTestFactory, CurrentFactory
from tests.events.factories import events_of
from tests.keys.factories import DataImportKeyFactory, RestApiKeyFactory
from tests.messaging.factories import OutreachFactory
from tests.partners.factories import AmplitudeProjectFactory
from tests.people.factories import PeopleImportFactory, ProfileFactory
from tests.replays.factories import ReplayFactory
from tests.segments.factories import SegmentExportFactory, SegmentFactory
from tests.syncing.factories import PullScheduleFactory, SyncRunFactory
from tests.webhooks.factories import DeliveryFactory, WebhookFactory
from tests.workspaces.factories import InvitationFactory

Parameters = dict[str, Any]
Builder = Callable[[Cast], Parameters]

SHARED: dict[str, Parameters] = {
    "password-reset-confirm": {"uidb64": "MQ", "token": "a-b"},
    "invitation": {"token": "t0ken"},
    "end-session": {"handle": "abc"},
    "dashboard:partner": {"slug": "amplitude"},
    "dashboard:partner-activity": {"slug": "amplitude"},
    "dashboard:partner-guide": {"slug": "amplitude"},
    "dashboard:partner-beside": {"slug": "amplitude"},
    "dashboard:partner-generate-key": {"slug": "amplitude"},
    "partner-cohorts": {"partner": "amplitude"},
    "partner-cohorts-users": {"partner": "amplitude"},
    "users-export-segment-file": {"pk": uuid.UUID(int=1)},
    "api-rest-key": {"pk": 1},
    "api-person": {"braze_id": "0" * 24},
    "api-person-cohorts": {"braze_id": "0" * 24},
    "api-person-segments": {"braze_id": "0" * 24},
    "api-person-events": {"braze_id": "0" * 24},
    "api-person-amplitude": {"braze_id": "0" * 24},
    "api-person-identify": {"braze_id": "0" * 24},
    "api-person-merge": {"braze_id": "0" * 24},
    "api-people-import": {"pk": 1},
    "api-people-import-refused": {"pk": 1},
    "api-import-key": {"pk": 1},
    "api-import-key-rotate": {"pk": 1},
    "api-rest-key-rotate": {"pk": 1},
    "api-partner": {"slug": "amplitude"},
}


def _cohort(cast: Cast) -> Parameters:
    return {"pk": CohortFactory.create(workspace=cast.workspace).pk}


def _run(cast: Cast) -> Parameters:
    cohort = CohortFactory.create(workspace=cast.workspace)
    return {"pk": ImportRunFactory.create(cohort=cohort).pk}


def _run_group(cast: Cast) -> Parameters:
    cohort = CohortFactory.create(workspace=cast.workspace)
    group = RunGroupFactory.create(cohort=cohort)
    ImportRunFactory.create(cohort=cohort, group=group)
    return {"pk": group.pk}


def _reapplication(cast: Cast) -> Parameters:
    return {"pk": ReapplicationFactory.create(workspace=cast.workspace).pk}


def _attempt(cast: Cast) -> Parameters:
    attempt = AttemptFactory.create(current__workspace=cast.workspace)
    return {"pk": attempt.current_id, "attempt": attempt.pk}


def _current(cast: Cast) -> Parameters:
    return {"pk": CurrentFactory.create(workspace=cast.workspace).pk}


def _event(cast: Cast) -> Parameters:
    intake.accept(cast.workspace.pk, events_of(1), timezone.now())
    return _current(cast) | {"sequence": 0}


def _current_test(cast: Cast) -> Parameters:
    test = ConnectionTestFactory.create(current__workspace=cast.workspace)
    return {"pk": test.current_id, "test": test.pk}


def _connection_test(cast: Cast) -> Parameters:
    return {"pk": ConnectionTestFactory.create(current__workspace=cast.workspace).pk}


def _replay(cast: Cast) -> Parameters:
    replay = ReplayFactory.create(current__workspace=cast.workspace)
    return {"pk": replay.current_id, "replay": replay.pk}


def _segment(cast: Cast) -> Parameters:
    return {"pk": SegmentFactory.create(workspace=cast.workspace).pk}


def _segment_export(cast: Cast) -> Parameters:
    export = SegmentExportFactory.create(workspace=cast.workspace)
    return {"pk": export.segment_id, "export": export.pk}


def _campaign(cast: Cast) -> Parameters:
    return {"pk": OutreachFactory.create(workspace=cast.workspace).pk}


def _canvas(cast: Cast) -> Parameters:
    kind = Outreach.Kind.CANVAS
    return {"pk": OutreachFactory.create(workspace=cast.workspace, kind=kind).pk}


def _person(cast: Cast) -> Parameters:
    return {"number": ProfileFactory.create(workspace=cast.workspace).number}


def _people_import(cast: Cast) -> Parameters:
    return {"pk": PeopleImportFactory.create(workspace=cast.workspace).pk}


def _rest_key(cast: Cast) -> Parameters:
    return {"pk": RestApiKeyFactory.create(workspace=cast.workspace).pk}


def _import_key(cast: Cast) -> Parameters:
    key = DataImportKeyFactory.create(workspace=cast.workspace)
    return {"slug": key.partner, "pk": key.pk}


def _project(cast: Cast) -> Parameters:
    return {"pk": AmplitudeProjectFactory.create(workspace=cast.workspace).pk}


def _webhook(cast: Cast) -> Parameters:
    return {"pk": WebhookFactory.create(workspace=cast.workspace).pk}


def _webhook_delivery(cast: Cast) -> Parameters:
    delivery = DeliveryFactory.create(webhook__workspace=cast.workspace)
    return {"pk": delivery.webhook_id, "delivery": delivery.pk}


def _sync(cast: Cast) -> Parameters:
    return {"pk": PullScheduleFactory.create(cohort__workspace=cast.workspace).pk}


def _sync_act(cast: Cast) -> Parameters:
    return _sync(cast) | {"act": "pause"}


def _sync_run(cast: Cast) -> Parameters:
    schedule = PullScheduleFactory.create(cohort__workspace=cast.workspace)
    return {"pk": SyncRunFactory.create(schedule=schedule).pk}


def _sync_run_act(cast: Cast) -> Parameters:
    return _sync_run(cast) | {"act": "reject"}


def _member(cast: Cast) -> Parameters:
    return {"pk": Member.objects.get(workspace=cast.workspace, account=cast.charlie).pk}


def _invitation(cast: Cast) -> Parameters:
    return {"pk": InvitationFactory.create(workspace=cast.workspace).pk}


def _segment_star(cast: Cast) -> Parameters:
    member = Member.objects.get(workspace=cast.workspace, account=cast.charlie)
    return _segment(cast) | {"member": member.pk}


OUTREACH = ("detail", "edit", "target", "target_preview")

OWNED: dict[str, Builder] = {
    **dict.fromkeys(("cohorts:run", "cohorts:reapply_run"), _run),
    "cohorts:run_group": _run_group,
    "cohorts:reapply": _cohort,
    **dict.fromkeys(("cohorts:reapplication", "cohorts:reapplication_progress"), _reapplication),
    "cohorts:reapplication_cancel": _reapplication,
    **dict.fromkeys(("syncs:new", "syncs:remote_list"), _project),
    **dict.fromkeys(("syncs:edit", "syncs:end"), _sync),
    **dict.fromkeys(("syncs:run", "syncs:progress"), _sync_run),
    **dict.fromkeys(("syncs:undo", "api-cohort-undo"), _cohort),
    **{"syncs:act": _sync_act, "syncs:run_act": _sync_run_act},
    **dict.fromkeys(("api-sync", "api-sync-run-now", "api-sync-dry-run"), _sync),
    **dict.fromkeys(("api-sync-resync", "api-sync-pause", "api-sync-resume"), _sync),
    **dict.fromkeys(
        [f"api-sync-run{of}" for of in ("", "-changes", "-approve", "-reject")], _sync_run
    ),
    **dict.fromkeys([f"api-sync-run-{of}" for of in ("cancel", "apply", "discard")], _sync_run),
    **dict.fromkeys(
        ("cohorts:detail", "cohorts:members", "cohorts:cohort_runs", "cohorts:used_in"), _cohort
    ),
    **dict.fromkeys(("cohorts:archive", "cohorts:delete"), _cohort),
    **dict.fromkeys(("currents:detail", "currents:edit", "currents:launch"), _current),
    **dict.fromkeys(("currents:pause", "currents:resume", "currents:delete"), _current),
    **dict.fromkeys(("currents:key", "currents:test"), _current),
    **dict.fromkeys(("currents:state", "currents:live", "currents:settings"), _current),
    **dict.fromkeys(
        ("currents:attempts", "currents:dead_letters", "currents:hot", "currents:path"), _current
    ),
    **dict.fromkeys(
        ("currents:replays", "currents:replay_count", "currents:replay_start"), _current
    ),
    **dict.fromkeys(("currents:replay", "currents:replay_cancel", "api-current-replay"), _replay),
    **dict.fromkeys(("api-current-replays", "api-current-replay-count"), _current),
    "currents:attempt": _attempt,
    **dict.fromkeys(
        ("currents:events", "currents:tail", "api-current-events", "api-current-latency"), _current
    ),
    **dict.fromkeys(("currents:event", "api-current-event"), _event),
    "currents:tested": _connection_test,
    **dict.fromkeys(("api-current", "api-current-launch", "api-current-pause"), _current),
    **dict.fromkeys(("api-current-resume", "api-current-test", "api-current-ledger"), _current),
    **dict.fromkeys(("api-current-ledger-types", "api-current-attempts"), _current),
    **dict.fromkeys(("api-current-dead-letters", "api-current-hot-ids"), _current),
    "api-current-dead-letter-causes": _current,
    "api-current-test-one": _current_test,
    "api-current-attempt": _attempt,
    **dict.fromkeys(("segments:detail", "segments:save", "segments:members"), _segment),
    **dict.fromkeys([f"campaigns:{name}" for name in (*OUTREACH, "state", "duplicate")], _campaign),
    **dict.fromkeys([f"canvas:{name}" for name in (*OUTREACH, "state", "duplicate")], _canvas),
    **dict.fromkeys(("canvas:steps", "canvas:steps_preview"), _canvas),
    **dict.fromkeys(("api-campaign", "api-campaign-audience", "api-campaign-duplicate"), _campaign),
    **dict.fromkeys(("api-canvas", "api-canvas-audience", "api-canvas-duplicate"), _canvas),
    **dict.fromkeys(("api-segment", "api-segment-size", "api-segment-members"), _segment),
    **dict.fromkeys(("api-segment-lookup", "api-segment-exports"), _segment),
    **dict.fromkeys(("api-segment-sample", "api-segment-sizes", "segments:sample"), _segment),
    **dict.fromkeys(("api-segment-changes", "api-segment-uses"), _segment),
    "api-segment-duplicate": _segment,
    "api-segment-star": _segment_star,
    **dict.fromkeys(("api-segment-export", "api-segment-export-file"), _segment_export),
    **dict.fromkeys(("segments:export", "segments:export_progress"), _segment_export),
    **dict.fromkeys(("segments:export_cancel", "segments:export_file"), _segment_export),
    **dict.fromkeys(("segments:export_start", "segments:quick_view", "segments:changes"), _segment),
    **dict.fromkeys(("api-cohort", "api-cohort-runs", "api-cohort-members"), _cohort),
    **dict.fromkeys(("api-import-run", "api-run-skipped", "api-run-reapply"), _run),
    **dict.fromkeys(("api-cohort-sizes", "api-cohort-reapply"), _cohort),
    **dict.fromkeys(("api-import-group", "api-group-runs"), _run_group),
    "api-reapplication": _reapplication,
    **dict.fromkeys(
        ("segments:look_up", "segments:star", "segments:duplicate", "segments:delete"), _segment
    ),
    **dict.fromkeys(
        ("people:person", "people:identify", "people:delete", "dashboard:person_cohorts"), _person
    ),
    **dict.fromkeys(("dashboard:person_segments", "dashboard:person_events"), _person),
    "dashboard:person_amplitude": _person,
    **dict.fromkeys(("people:import_one", "people:import_progress"), _people_import),
    **dict.fromkeys(("people:import_start", "people:import_cancel"), _people_import),
    "people:import_problems": _people_import,
    **dict.fromkeys(("keys:invalidate_rest", "keys:rotate_rest"), _rest_key),
    **dict.fromkeys(
        ("dashboard:partner-invalidate-key", "dashboard:partner-rotate-key"), _import_key
    ),
    **dict.fromkeys(("projects:detail", "projects:rename", "projects:keys"), _project),
    **dict.fromkeys(("projects:test", "projects:tested", "projects:delete"), _project),
    **dict.fromkeys(("api-amplitude-project", "api-amplitude-project-keys"), _project),
    **dict.fromkeys(("api-amplitude-project-test", "api-amplitude-project-cohorts"), _project),
    **dict.fromkeys(
        [f"webhooks:{name}" for name in ("detail", "live", "edit", "test", "pause")], _webhook
    ),
    **dict.fromkeys([f"webhooks:{name}" for name in ("resume", "rotate", "delete")], _webhook),
    **dict.fromkeys(("webhooks:delivery", "webhooks:resend"), _webhook_delivery),
    **dict.fromkeys(
        ("api-webhook", "api-webhook-pause", "api-webhook-resume", "api-webhook-secret"), _webhook
    ),
    **dict.fromkeys(("api-webhook-test", "api-webhook-deliveries"), _webhook),
    "api-webhook-resend": _webhook_delivery,
    **dict.fromkeys(("workspaces:change-role", "workspaces:remove-member"), _member),
    **dict.fromkeys(("workspaces:resend", "workspaces:revoke"), _invitation),
}

WHAT_TO_DO = (
    "{name} has the parameters {parameters}, but tests/house/objects.py says nothing about them. "
    "Add it there: to OWNED with a function that makes the object in cast.workspace, or to SHARED "
    "where the parameters belong to no workspace."
)
