"""The only writer of segments: create, edit, archive, delete; the rows that protect what they
refer to.

Knows the version that an edit began from; knows nothing of forms, requests or sizes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from braze_partners.workspaces.models import Account, Workspace
from cohorts.segments import limits, standing, tagging
from cohorts.segments.definition import EVERYONE, CohortFilter, Definition, SegmentFilter, dump
from cohorts.segments.errors import (
    DefinitionRefused,
    EditedMeanwhile,
    FieldRefused,
    SegmentGone,
    SegmentInUse,
)
from cohorts.segments.models import (
    Segment,
    SegmentCohort,
    SegmentSegment,
    SegmentVersion,
)
from cohorts.segments.planning import Known, learn, learn_above, stored, wrong_references


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything of a segment that a person edits."""

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    definition: Definition = EVERYONE


def create(workspace: Workspace, draft: Draft, *, by: Account | None, now: datetime) -> Segment:
    """Saves a new segment, or raises SegmentRefused and changes nothing."""
    draft = _tidy(draft)
    with _standing(workspace, draft.definition):
        known = _checked(workspace, draft, own=None)
        segment = Segment(
            workspace=workspace,
            name=draft.name,
            description=draft.description,
            definition=dump(draft.definition),
            created_at=now,
            created_by=by,
            edited_at=now,
            edited_by=by,
        )
        _refuse_taken_name(segment)
        _insert(segment)
        _write_beside(segment, draft, known)
        _remember(segment, draft.tags)
    return segment


def update(
    segment: Segment, draft: Draft, *, version: int, by: Account | None, now: datetime
) -> Segment:
    """Saves an edit that began at `version`; one saved meanwhile raises EditedMeanwhile."""
    draft = _tidy(draft)
    with _standing(segment.workspace, draft.definition):
        known = _checked(segment.workspace, draft, own=segment.pk)
        current = Segment.objects.select_related("edited_by").filter(pk=segment.pk).first()
        if current is None:
            raise SegmentGone
        if current.version != version:
            raise _edited_meanwhile(current)
        current.name = draft.name
        current.description = draft.description
        current.definition = dump(draft.definition)
        _refuse_taken_name(current)
        _save_next(current, by, now)
        _write_beside(current, draft, known)
        _remember(current, draft.tags)
    return current


def set_archived(
    segments: Sequence[Segment], archived: bool, *, by: Account | None, now: datetime
) -> list[Segment]:
    """Archives or brings back; those already so are left alone. Returns the changed ones."""
    changed = []
    with transaction.atomic():
        for segment in sorted(segments, key=lambda each: each.pk):
            _lock(segment.workspace_id)
            current = Segment.objects.filter(pk=segment.pk).first()
            if current is None or (current.archived_at is not None) == archived:
                continue
            current.archived_at = now if archived else None
            _save_next(current, by, now)
            _remember(current, tuple(tagging.names(current)))
            changed.append(current)
    return changed


def delete(segment: Segment) -> None:
    """Deletes a segment with its history. Raises SegmentInUse while anything uses it."""
    try:
        with transaction.atomic():
            _lock(segment.workspace_id)
            Segment.objects.filter(pk=segment.pk).delete()
            standing.check_now()
    except IntegrityError as error:
        raise SegmentInUse from error


def duplicate(segment: Segment, name: str = "", *, by: Account | None, now: datetime) -> Segment:
    """A copy of what is saved, under the name given or a free one."""
    draft = Draft(
        name=name or copy_name(segment.workspace_id, segment.name),
        description=segment.description,
        tags=tuple(tagging.names(segment)),
        definition=stored(segment),
    )
    return create(segment.workspace, draft, by=by, now=now)


def copy_name(workspace_id: int, name: str) -> str:
    return free_name(Segment.objects.filter(workspace_id=workspace_id), name, limits.MAX_NAME)


def free_name(rows: QuerySet[Any], name: str, longest: int) -> str:
    """A name that no row has, for a duplicate: “Name (copy)”, then “Name (copy 2)” and so on."""
    taken = set(rows.filter(name__startswith=name[:200]).values_list("name", flat=True))
    for count in range(1, len(taken) + 2):
        suffix = _("copy") if count == 1 else _("copy %(count)s") % {"count": count}
        candidate = f"{name[: longest - len(suffix) - 3]} ({suffix})"
        if candidate not in taken:
            return candidate
    raise AssertionError("one more candidate than taken names is always free")


def _tidy(draft: Draft) -> Draft:
    name = " ".join(draft.name.split())
    tags = tuple(sorted({" ".join(tag.split()) for tag in draft.tags} - {""}))
    _refuse_long("name", name, limits.MAX_NAME)
    _refuse_long("description", draft.description, limits.MAX_DESCRIPTION)
    if not name:
        raise FieldRefused("name", _("Enter a name for the segment."))
    for tag in tags:
        _refuse_long("tags", tag, limits.MAX_TAG)
    if len(tags) > limits.MAX_TAGS:
        text = _("Choose at most %(limit)s tags.") % {"limit": limits.MAX_TAGS}
        raise FieldRefused("tags", text)
    return Draft(name, draft.description.strip(), tags, draft.definition)


def _refuse_long(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        sentence = _("Enter at most %(limit)s characters.") % {"limit": longest}
        raise FieldRefused(field, sentence)
    if "\x00" in text:
        raise FieldRefused(field, _("Remove the characters that can't be shown."))


@contextmanager
def _standing(workspace: Workspace, definition: Definition) -> Iterator[None]:
    """One transaction; what it refers to and somebody deletes meanwhile is told by its place."""
    try:
        with transaction.atomic():
            yield
            standing.check_now()
    except IntegrityError as error:
        known = learn(workspace.pk, [definition], zone=workspace.time_zone)
        if problems := wrong_references(definition, known):
            raise DefinitionRefused(problems) from error
        raise


def _checked(workspace: Workspace, draft: Draft, own: uuid.UUID | None) -> Known:
    """Looks up the references under the workspace's lock, so that no circle closes meanwhile."""
    _lock(workspace.pk)
    known = learn(workspace.pk, [draft.definition], zone=workspace.time_zone)
    if own is not None:
        learn_above(workspace.pk, known)
    if problems := wrong_references(draft.definition, known, own):
        raise DefinitionRefused(problems)
    return known


def _lock(workspace_id: int) -> None:
    """Saves of one workspace go one after another; imports don't wait for it."""
    Workspace.objects.select_for_update(no_key=True).only("pk").get(pk=workspace_id)


def _refuse_taken_name(segment: Segment) -> None:
    same = Segment.objects.filter(workspace_id=segment.workspace_id, name=segment.name)
    if same.exclude(pk=segment.pk).exists():
        raise FieldRefused("name", _("Another segment has this name. Choose a different one."))


def _insert(segment: Segment) -> None:
    try:
        segment.save(force_insert=True)
    except IntegrityError as error:
        text = _("Another segment has this name. Choose a different one.")
        raise FieldRefused("name", text) from error


def _save_next(segment: Segment, by: Account | None, now: datetime) -> None:
    """Compare-and-set on the version."""
    seen = segment.version
    segment.version, segment.edited_at, segment.edited_by = seen + 1, now, by
    moved = Segment.objects.filter(pk=segment.pk, version=seen).update(
        name=segment.name,
        description=segment.description,
        definition=segment.definition,
        archived_at=segment.archived_at,
        version=segment.version,
        edited_at=now,
        edited_by=by,
    )
    if not moved:
        raise _edited_meanwhile(Segment.objects.select_related("edited_by").get(pk=segment.pk))


def _edited_meanwhile(current: Segment) -> EditedMeanwhile:
    by = current.edited_by.name if current.edited_by else _("someone")
    return EditedMeanwhile(by, current.edited_at, current.version)


def _write_beside(segment: Segment, draft: Draft, known: Known) -> None:
    """The protecting rows and the tags, made equal to what the draft says."""
    cohorts: set[int] = set()
    segments: set[uuid.UUID] = set()
    for _path, each in draft.definition.filters():
        if isinstance(each, CohortFilter):
            cohorts.update(known.cohorts[each.partner, chosen].pk for chosen in each.cohorts)
        elif isinstance(each, SegmentFilter):
            segments.update(each.segments)
    SegmentCohort.objects.filter(segment=segment).exclude(cohort__in=cohorts).delete()
    SegmentCohort.objects.bulk_create(
        [SegmentCohort(segment=segment, cohort_id=pk) for pk in sorted(cohorts)],
        ignore_conflicts=True,
    )
    SegmentSegment.objects.filter(segment=segment).exclude(used__in=segments).delete()
    SegmentSegment.objects.bulk_create(
        [SegmentSegment(segment=segment, used_id=pk) for pk in sorted(segments)],
        ignore_conflicts=True,
    )
    tagging.write(segment, draft.tags)


def _remember(segment: Segment, tags: tuple[str, ...]) -> None:
    SegmentVersion.objects.create(
        segment=segment,
        version=segment.version,
        at=segment.edited_at,
        by=segment.edited_by,
        name=segment.name,
        description=segment.description,
        definition=segment.definition,
        tags=list(tags),
        archived=segment.archived_at is not None,
    )
