"""One worker's turn at a sync run: takes it under a lease, goes from state to state, and books when
it is to be gone on with. Knows the run's row and Amplitude's API; who is in is applying's.

A worker may die between any two statements. What it had asked for (`job_id`) and downloaded
(`target_bits`) stands in the row, so the next one goes on there; a download that was under way
begins anew. Nothing of a file is applied before its last row was read and found good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from braze_partners.keys.credentials import CredentialUnreadable
from braze_partners.partners import projects
from braze_partners.partners.amplitude import behavioral_cohorts, downloads
from braze_partners.partners.amplitude.behavioral_cohorts import Access
from braze_partners.partners.amplitude.cohort_answers import PASSING, JobState, Kind, NotAnswered
from cohorts import bitmaps, skipped
from cohorts.errors import CohortGone, ResourceLocked
from cohorts.skipped import Entry, Reason
from cohorts.syncing import allowance, applying, failing, wording
from cohorts.syncing.errors import BadFile, LeaseLost
from cohorts.syncing.gathering import gather
from cohorts.syncing.limits import (
    CALL_SECONDS,
    DOWNLOAD_SECONDS,
    HEARTBEAT,
    JOB_PATIENCE,
    LEASE,
    POLL_DELAYS,
    RETRY_DELAYS,
    TURN_AGAIN,
)
from cohorts.syncing.models import ProjectCall, SyncRun
from cohorts.syncing.moving import move
from cohorts.syncing.states import ACTIVE, State
from cohorts.syncing.user_ids import UserIds

Clock = Callable[[], datetime]
RELATED = ("workspace", "cohort", "project")


class _JobFailed(Exception):
    """Amplitude gave up on the list, or computes it for too long."""


def due(now: datetime) -> list[int]:
    """Runs that are at work, due, and in nobody's hands."""
    found = SyncRun.objects.filter(_free(now), due_at__lte=now, state__in=ACTIVE)
    return list(found.order_by("due_at").values_list("pk", flat=True))


def run(pk: int, clock: Clock) -> None:
    """Goes on with it until it waits for something or has ended. Safe to run together."""
    held = _take(pk, clock())
    if held is None:
        return
    try:
        # What went wrong is kept in words, which the workspace's people read.
        with translation.override(held.workspace.language):
            while _step(held, clock):
                held.refresh_from_db(from_queryset=SyncRun.objects.select_related(*RELATED))
    except LeaseLost:
        pass
    except SyncRun.DoesNotExist:
        pass  # its cohort was deleted


def _free(now: datetime) -> Q:
    """A lease far ahead was written by a clock that has been set back since."""
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)


def _take(pk: int, now: datetime) -> SyncRun | None:
    rows = SyncRun.objects.filter(_free(now), pk=pk, due_at__lte=now, state__in=ACTIVE)
    found = rows.select_related(*RELATED).first()
    if found is None:
        return None
    token = token_hex(16)
    # Who held it before and did not give it back has died at it: that counts as a failure, so
    # that a file which kills its workers ends.
    died = found.lease_until is not None
    taken = rows.filter(lease_token=found.lease_token).update(
        lease_until=now + LEASE, lease_token=token, attempts=found.attempts + died
    )
    if not taken:
        return None
    found.lease_token, found.attempts = token, found.attempts + died
    if found.attempts > len(RETRY_DELAYS):
        failing.failed(found, "died", _("Its worker was killed again and again."), now)
        return None
    return found


def _step(held: SyncRun, clock: Clock) -> bool:
    """One step; whether there is another at once. Raises LeaseLost."""
    try:
        return _STEPS[State(held.state)](held, clock)
    except NotAnswered as error:
        return _not_answered(held, error, clock())
    except BadFile as error:
        if error.passing:
            return _again(held, error.code, error.words, clock())
        return _fail(held, error.code, error.words, clock())
    except _JobFailed as error:
        _keep(held, job_id="")
        return _again(held, "job_failed", str(error), clock())
    except CredentialUnreadable:
        words = _("The project’s keys can no longer be read. Enter them again.")
        return _fail(held, "unreadable", words, clock())
    except ResourceLocked:
        return _book(held, clock() + TURN_AGAIN, waiting_for="cohort")
    except CohortGone as error:
        raise LeaseLost from error


def _queued(held: SyncRun, clock: Clock) -> bool:
    now = clock()
    return _move(held, State.REQUESTING, now, started_at=now)


def _requesting(held: SyncRun, clock: Clock) -> bool:
    if not held.job_id:
        return _request(held, clock)
    state = behavioral_cohorts.request_status(_access(held), held.job_id, seconds=CALL_SECONDS)
    now = clock()
    if state == JobState.COMPLETED:
        allowance.end(held.pk, now)
        return _move(held, State.DOWNLOADING, now)
    if state == JobState.FAILED:
        raise _JobFailed(_("Amplitude could not compute the list."))
    if held.requested_at and now - held.requested_at > JOB_PATIENCE:
        minutes = JOB_PATIENCE // timedelta(minutes=1)
        text = _("Amplitude has computed the list for more than %(minutes)s minutes.")
        raise _JobFailed(text % {"minutes": minutes})
    delay = POLL_DELAYS[min(held.polls, len(POLL_DELAYS) - 1)]
    due_at = now + timedelta(seconds=delay)
    return _book(held, due_at, waiting_for="amplitude", polls=held.polls + 1)


def _request(held: SyncRun, clock: Clock) -> bool:
    now = clock()
    later = allowance.take(held, _project(held).fingerprint, ProjectCall.Kind.REQUEST, now)
    if later is not None:
        return _book(held, later, waiting_for="limit")
    job_id = behavioral_cohorts.request_cohort(_access(held), held.remote_id, seconds=CALL_SECONDS)
    _keep(held, job_id=job_id, requested_at=clock(), polls=0)
    return True


def _downloading(held: SyncRun, clock: Clock) -> bool:
    now = clock()
    later = allowance.take(held, _project(held).fingerprint, ProjectCall.Kind.DOWNLOAD, now)
    if later is not None:
        return _book(held, later, waiting_for="limit")
    heart = _Heart(held, clock)
    heart.beat()
    with downloads.opened(_access(held), held.job_id, seconds=DOWNLOAD_SECONDS) as opened:
        ids = UserIds(opened.chunks(), tells_its_end=opened.tells_its_end)
        heart.ids = ids
        gathered = gather(
            held.workspace_id,
            ids,
            keep_unknown=held.workspace.create_unknown_users,
            alive=heart.beat,
        )
    now = clock()
    allowance.end(held.pk, now)
    listed = [Entry(skipped.Kind.USER, one, Reason.UNKNOWN) for one in gathered.listed]
    return _move(
        held,
        State.APPLYING,
        now,
        rows=ids.rows,
        nameless=ids.nameless,
        received=gathered.received,
        skipped=gathered.unknown,
        skipped_list=skipped.pack(listed),
        unknown_ids=gathered.packed,
        target_bits=bitmaps.encode(gathered.people),
        target_kept=True,
    )


def _applying(held: SyncRun, clock: Clock) -> bool:
    applying.apply(held, clock())
    return False


_STEPS: dict[State, Callable[[SyncRun, Clock], bool]] = {
    State.QUEUED: _queued,
    State.REQUESTING: _requesting,
    State.DOWNLOADING: _downloading,
    State.APPLYING: _applying,
}


class _Heart:
    """Keeps the lease while a file is read, and says how far it has come."""

    def __init__(self, held: SyncRun, clock: Clock) -> None:
        self._held, self._clock = held, clock
        self._beaten: datetime | None = None
        self.ids: UserIds | None = None

    def beat(self) -> None:
        now = self._clock()
        if self._beaten is not None and now - self._beaten < HEARTBEAT:
            return
        self._beaten = now
        rows = self.ids.rows if self.ids else 0
        _keep(self._held, lease_until=now + LEASE, rows=rows)


def _project(held: SyncRun) -> projects.AmplitudeProject:
    if held.project is None:
        raise LeaseLost
    return held.project


def _access(held: SyncRun) -> Access:
    return projects.access_of(_project(held))


def _not_answered(held: SyncRun, error: NotAnswered, now: datetime) -> bool:
    words = wording.not_answered(error, held.remote_id)
    if error.kind == Kind.NOT_FOUND and held.job_id:
        # Amplitude knows its own request no longer: another one.
        if held.state == State.DOWNLOADING:
            _move(held, State.REQUESTING, now, job_id="")
            held.state = State.REQUESTING
        else:
            _keep(held, job_id="")
        return _again(held, "request_expired", words, now)
    if error.kind in PASSING:
        return _again(held, error.kind, words, now, error.retry_after)
    return _fail(held, error.kind, words, now)


def _again(
    held: SyncRun, code: str, words: str, now: datetime, retry_after: float | None = None
) -> bool:
    """Once more after a while, or, when it was tried often enough, the run fails."""
    if held.attempts >= len(RETRY_DELAYS):
        return _fail(held, code, words, now)
    delay = min(max(RETRY_DELAYS[held.attempts], retry_after or 0), RETRY_DELAYS[-1])
    allowance.end(held.pk, now)
    return _book(
        held,
        now + timedelta(seconds=delay),
        waiting_for="retry",
        attempts=held.attempts + 1,
        error=words[: failing.MAX_ERROR_CHARACTERS],
        error_code=code,
    )


def _fail(held: SyncRun, code: str, words: str, now: datetime) -> bool:
    allowance.end(held.pk, now)
    if not failing.failed(held, code, words, now):
        raise LeaseLost
    return False


def _move(held: SyncRun, after: State, now: datetime, **columns: Any) -> bool:
    """On to the next state, with the lease kept."""
    columns = {
        "lease_until": now + LEASE,
        "waiting_for": "",
        "error": "",
        "error_code": "",
        **columns,
    }
    if not move(held.pk, after, now, token=held.lease_token, **columns):
        raise LeaseLost
    return True


def _book(held: SyncRun, due_at: datetime, **columns: Any) -> bool:
    """Gives the run back until then."""
    _keep(held, due_at=due_at, lease_until=None, **columns)
    return False


def _keep(held: SyncRun, **columns: Any) -> None:
    """Writes to the row, as long as it is ours."""
    mine = SyncRun.objects.filter(pk=held.pk, state=held.state, lease_token=held.lease_token)
    if not mine.update(**columns):
        raise LeaseLost
