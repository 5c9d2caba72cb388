"""The only writer of campaigns and Canvases: create, edit, activate, archive; the rows that protect
what an audience refers to.

Knows the version that an edit began from; knows nothing of forms, requests or sizes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from braze_partners.messaging import checking, limits
from braze_partners.messaging.drafts import Draft, Target, stored
from braze_partners.messaging.errors import (
    EditedMeanwhile,
    FieldRefused,
    Incomplete,
    TargetRefused,
)
from braze_partners.messaging.models import (
    CanvasStep,
    CanvasVariant,
    Outreach,
    OutreachCohort,
    OutreachSegment,
)
from braze_partners.workspaces.models import Account, Workspace
from cohorts.segments import standing, tagging
from cohorts.segments.definition import CohortFilter, SegmentFilter, dump
from cohorts.segments.errors import Problem
from cohorts.segments.planning import Known, learn, wrong_references
from cohorts.segments.saving import free_name

ACTIVE, DRAFT = Outreach.State.ACTIVE, Outreach.State.DRAFT


def create(
    workspace: Workspace, kind: str, draft: Draft, *, by: Account | None, now: datetime
) -> Outreach:
    """Saves a new one as a draft, or raises OutreachRefused and changes nothing."""
    draft = checking.tidy(draft, kind)
    outreach = Outreach(workspace=workspace, kind=kind, version=0, created_at=now, created_by=by)
    with _standing(workspace.pk, draft.target):
        _write(outreach, draft, by, now)
    return outreach


def duplicate(source: Outreach, name: str = "", *, by: Account | None, now: datetime) -> Outreach:
    """A draft with everything that is saved, under the name given or a free one."""
    name = name or copy_name(source.workspace_id, source.kind, source.name)
    draft = replace(stored(source), name=name)
    return create(source.workspace, source.kind, draft, by=by, now=now)


def update(
    outreach: Outreach, draft: Draft, *, version: int, by: Account | None, now: datetime
) -> Outreach:
    """Saves an edit that began at `version`; one saved meanwhile raises EditedMeanwhile."""
    draft = checking.tidy(draft, outreach.kind)
    with _standing(outreach.workspace_id, draft.target):
        current = _locked(outreach)
        if current.version != version:
            raise _edited_meanwhile(current)
        if current.state == ACTIVE:
            _refuse_incomplete(draft, current.kind)
        _write(current, draft, by, now)
    return current


def set_active(
    outreach: Outreach, active: bool, *, by: Account | None, now: datetime
) -> Outreach | None:
    """From draft to active, which nothing may lack for, or back; None where it was so already."""
    with transaction.atomic():
        current = _locked(outreach)
        if active == (current.state == ACTIVE):
            return None
        if active:
            _refuse_incomplete(stored(current), current.kind)
        current.state = ACTIVE if active else DRAFT
        _save_next(current, by, now)
    return current


def set_archived(
    outreaches: Sequence[Outreach], archived: bool, *, by: Account | None, now: datetime
) -> list[Outreach]:
    """Archives or brings back; those already so are left alone. Returns the changed ones."""
    changed = []
    with transaction.atomic():
        for outreach in sorted(outreaches, key=lambda each: each.pk):
            current = _locked(outreach)
            if (current.archived_at is not None) != archived:
                current.archived_at = now if archived else None
                _save_next(current, by, now)
                changed.append(current)
    return changed


def copy_name(workspace_id: int, kind: str, name: str) -> str:
    there = Outreach.objects.filter(workspace_id=workspace_id, kind=kind)
    return free_name(there, name, limits.MAX_NAME)


def _locked(outreach: Outreach) -> Outreach:
    rows = Outreach.objects.select_for_update(of=("self",)).select_related("edited_by")
    return rows.get(workspace_id=outreach.workspace_id, pk=outreach.pk)


def _edited_meanwhile(current: Outreach) -> EditedMeanwhile:
    by = current.edited_by.name if current.edited_by else _("someone")
    return EditedMeanwhile(by, current.edited_at, current.version)


def _refuse_incomplete(draft: Draft, kind: str) -> None:
    if gaps := checking.gaps(draft, kind):
        raise Incomplete(gap.text for gap in gaps)


def _write(outreach: Outreach, draft: Draft, by: Account | None, now: datetime) -> None:
    known = check_target(outreach.workspace_id, draft.target)
    outreach.name = draft.name
    outreach.description = draft.description
    outreach.channels = list(draft.channels)
    outreach.filters = dump(draft.target.filters)
    outreach.control_share = draft.control_share
    _refuse_taken_name(outreach)
    _save_next(outreach, by, now)
    tagging.write(outreach, draft.tags)
    _write_uses(outreach, draft.target, known)
    variants = _write_variants(outreach, draft)
    _write_steps(outreach, draft, variants)
    # Last, since the steps of a variant would go with it, those that were moved away as well.
    outreach.variants.exclude(pk__in=variants.values()).delete()


@contextmanager
def _standing(workspace_id: int, target: Target) -> Iterator[None]:
    """One transaction; what the target refers to and somebody deletes meanwhile is told by its
    place."""
    try:
        with transaction.atomic():
            yield
            standing.check_now()
    except IntegrityError:
        check_target(workspace_id, target)
        raise


def check_target(workspace_id: int, target: Target) -> Known:
    """What the target refers to; TargetRefused where something is not there."""
    known = learn(workspace_id, [target.definition])
    problems = [
        Problem(each.path.replace("all[", "segments[", 1), each.text)
        for each in wrong_references(target.chosen, known)
    ]
    problems += wrong_references(target.filters, known)
    if len(target.segments) > limits.MAX_SEGMENTS:
        text = _("choose at most %(limit)s segments") % {"limit": limits.MAX_SEGMENTS}
        problems.append(Problem("", text))
    if problems:
        raise TargetRefused(problems)
    return known


def _taken_name() -> FieldRefused:
    return FieldRefused("name", _("Another one has this name. Choose a different one."))


def _refuse_taken_name(outreach: Outreach) -> None:
    same = Outreach.objects.filter(
        workspace_id=outreach.workspace_id, kind=outreach.kind, name=outreach.name
    )
    if same.exclude(pk=outreach.pk).exists():
        raise _taken_name()


def _save_next(outreach: Outreach, by: Account | None, now: datetime) -> None:
    outreach.version += 1
    outreach.edited_at, outreach.edited_by = now, by
    try:
        with transaction.atomic():  # two new ones may have taken the same name at once
            outreach.save(force_insert=outreach.version == 1)
    except IntegrityError as error:
        raise _taken_name() from error


def _write_uses(outreach: Outreach, target: Target, known: Known) -> None:
    """The protecting rows, made equal to what the audience says."""
    positions: dict[uuid.UUID, int | None] = {}
    cohorts: set[int] = set()
    for _path, each in target.filters.filters():
        if isinstance(each, CohortFilter):
            cohorts.update(known.cohorts[each.partner, chosen].pk for chosen in each.cohorts)
        elif isinstance(each, SegmentFilter):
            positions.update(dict.fromkeys(each.segments))
    positions.update((chosen, at) for at, chosen in enumerate(target.segments))
    OutreachSegment.objects.filter(outreach=outreach).exclude(segment__in=positions).delete()
    OutreachSegment.objects.bulk_create(
        [
            OutreachSegment(outreach=outreach, segment_id=pk, position=position)
            for pk, position in sorted(positions.items())
        ],
        update_conflicts=True,
        unique_fields=["outreach", "segment"],
        update_fields=["position"],
    )
    OutreachCohort.objects.filter(outreach=outreach).exclude(cohort__in=cohorts).delete()
    OutreachCohort.objects.bulk_create(
        [OutreachCohort(outreach=outreach, cohort_id=pk) for pk in sorted(cohorts)],
        ignore_conflicts=True,
    )


def _kept_id(asked: uuid.UUID | None, known: set[uuid.UUID]) -> uuid.UUID:
    """An id outlives edits; one of elsewhere, or a second use, gives a new one."""
    if asked is None or asked not in known:
        return uuid.uuid4()
    known.remove(asked)
    return asked


def _write_steps(outreach: Outreach, draft: Draft, variants: dict[str, uuid.UUID]) -> None:
    known = set(outreach.steps.values_list("pk", flat=True))
    rows = [
        CanvasStep(
            id=_kept_id(each.id, known),
            canvas=outreach,
            position=at,
            name=each.name,
            channel=each.channel,
            variant_id=variants.get(each.variant),
        )
        for at, each in enumerate(draft.steps)
    ]
    outreach.steps.exclude(pk__in=[row.pk for row in rows]).delete()
    CanvasStep.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position", "name", "channel", "variant"],
    )


def _write_variants(outreach: Outreach, draft: Draft) -> dict[str, uuid.UUID]:
    """Their ids by name."""
    known = set(outreach.variants.values_list("pk", flat=True))
    rows = [
        CanvasVariant(
            id=_kept_id(each.id, known),
            canvas=outreach,
            position=at,
            name=each.name,
            share=each.share,
        )
        for at, each in enumerate(draft.variants)
    ]
    CanvasVariant.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["position", "name", "share"],
    )
    return {row.name: row.pk for row in rows}
