"""Answers to questions about profiles, kept as sets of numbers and exact as of a told moment.

Knows when an answer is whole, how it is brought forward by what changed, and how it is read; how
profiles are asked is asking's. A first answer is counted by whoever asks in a small workspace, in
the background in a large one; nobody waits for the other: each write compares and sets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbits

from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now
from pyroaring import BitMap

from braze_partners.people import answer_reading, asking, changed, limits, questions, sets
from braze_partners.people.errors import StillCounting
from braze_partners.people.models import (
    Answer,
    AnswerBlock,
    ChangedFacet,
    ChangeHead,
    NumberCounter,
)
from braze_partners.people.questions import EVERYTHING, Question, Subject

BLOCK_SIZE = sets.BLOCK_SIZE
# Joined with other tables, a portion costs nearly what the whole does.
_PORTIONS = {Subject.ATTRIBUTE: 4, Subject.PUSH_ENABLED: 4, Subject.REACH_PUSH: 4}


@dataclass(frozen=True, slots=True)
class Answers:
    """`as_of` is None when nothing was asked."""

    by_question: dict[Question, sets.Blocks]
    as_of: datetime | None = None


def read(
    workspace_id: int, asked: Collection[Question], beside: Collection[Question] = ()
) -> Answers:
    """The answers by question, exact as of `as_of`, which is a minute ago at most.

    Raises StillCounting while one of `asked` is counted for the first time in the background; one
    of `beside` is left out then."""
    if not asked and not beside:
        return Answers({})
    by_key = {question.key: question for question in (*asked, *beside)}
    stored = answer_reading.read(workspace_id, list(by_key))
    if not stored.current(by_key):
        _prepare(workspace_id, by_key, stored)
        stored = answer_reading.read(workspace_id, list(by_key))
    if stored.unused:
        Answer.objects.filter(pk__in=stored.unused).update(used_at=Now())
    if missing := [each.key for each in asked if each.key not in stored.blocks]:
        raise StillCounting(stored.progress(missing))
    blocks = {by_key[key]: found for key, found in stored.blocks.items()}
    return Answers(blocks, stored.as_of)


def _prepare(workspace_id: int, by_key: dict[str, Question], stored: answer_reading.Stored) -> None:
    if stored.as_of is None or stored.age > limits.MAX_AGE_SECONDS:
        changed.fold(workspace_id)
    if missing := [by_key[key] for key in by_key if key not in stored.states]:
        begin(workspace_id, missing)
    waiting = Answer.objects.filter(workspace_id=workspace_id, key__in=by_key, ready=False)
    for answer in waiting.filter(blocks__lte=limits.COUNTED_AT_ONCE_BLOCKS):
        count(answer)
    bring_forward(workspace_id, by_key)


def begin(workspace_id: int, asked: Iterable[Question]) -> None:
    """Rows for answers to come. What is counted is seen after they are there, so that nothing
    between is missed."""
    head = ChangeHead.objects.filter(workspace_id=workspace_id).first()
    people = NumberCounter.objects.filter(workspace_id=workspace_id)
    end = people.values_list("next", flat=True).first() or 0
    Answer.objects.bulk_create(
        (
            Answer(
                workspace_id=workspace_id,
                key=question.key,
                question=question.written(),
                generation=head.generation if head else 0,
                blocks=(end + BLOCK_SIZE - 1) // BLOCK_SIZE,
                ready=end == 0,
                used_at=Now(),
            )
            for question in asked
        ),
        ignore_conflicts=True,
    )


def count(answer: Answer) -> bool:
    """Counts to the end, from where it was left; False when another one did."""
    while not answer.ready:
        if not count_portion(answer):
            return False
    return True


def count_portion(answer: Answer) -> bool:
    """Counts and keeps the next blocks; False when another one was faster."""
    question = questions.read(answer.question)
    size = _PORTIONS.get(question.subject, 1)
    end = min(answer.built + size, answer.blocks)
    first = answer.built * BLOCK_SIZE
    found = asking.numbers(answer.workspace_id, question, first, end * BLOCK_SIZE)
    with transaction.atomic():
        mine = Answer.objects.filter(pk=answer.pk, built=answer.built, ready=False)
        if not mine.update(built=end, ready=end == answer.blocks):
            return False
        _write(answer, sets.by_block(found))
    answer.built, answer.ready = end, end == answer.blocks
    return True


def _write(answer: Answer, blocks: sets.Blocks) -> None:
    rows = []
    for block, bits in sorted(blocks.items()):
        bits.run_optimize()
        version = randbits(62)
        rows.append(AnswerBlock(answer=answer, block=block, version=version, bits=bits.serialize()))
    AnswerBlock.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["answer", "block"],
        update_fields=["version", "bits"],
    )


def bring_forward(workspace_id: int, keys: Collection[str] | None = None) -> None:
    """Lets ready answers (all, or those of `keys`) take in every generation there is."""
    head = ChangeHead.objects.filter(workspace_id=workspace_id).first()
    if head is None:
        return
    late = Answer.objects.filter(
        workspace_id=workspace_id, ready=True, generation__lt=head.generation
    )
    lagging = list(late if keys is None else late.filter(key__in=keys))
    if not lagging:
        return
    oldest = min(answer.generation for answer in lagging)
    rows = ChangedFacet.objects.filter(workspace_id=workspace_id, generation__gt=oldest)
    told = list(rows.values_list("generation", "facet", "bits"))
    unconcerned = []
    for answer in lagging:
        facets = {EVERYTHING, *questions.read(answer.question).facets}
        bits = [
            BitMap.deserialize(bytes(packed))
            for generation, facet, packed in told
            if generation > answer.generation and facet in facets
        ]
        if bits:
            _take_in(answer, BitMap.union(*bits), head.generation)
        else:
            unconcerned.append(answer.pk)
    late.filter(pk__in=unconcerned).update(generation=head.generation)


def _take_in(answer: Answer, numbers: BitMap, generation: int) -> None:
    """Asks again about those who changed. Compare-and-set: of two who do it, one does."""
    question = questions.read(answer.question)
    changed_blocks = sets.by_block(numbers)
    now_true = {
        block: _asked_again(answer.workspace_id, question, block, part)
        for block, part in changed_blocks.items()
    }
    with transaction.atomic():
        mine = Answer.objects.filter(pk=answer.pk, generation=answer.generation)
        if not mine.update(generation=generation):
            return
        kept = {
            part.block: BitMap.deserialize(bytes(part.bits))
            for part in AnswerBlock.objects.filter(answer=answer, block__in=changed_blocks)
        }
        after = {
            block: (kept.get(block, BitMap()) - part) | now_true[block]
            for block, part in changed_blocks.items()
        }
        differing = {
            block: bits for block, bits in after.items() if bits != kept.get(block, BitMap())
        }
        _write(answer, differing)


def _asked_again(workspace_id: int, question: Question, block: int, part: BitMap) -> BitMap:
    """Beyond some number the whole block costs less than naming each."""
    first, end = block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE
    if len(part) > limits.ASKED_BY_NAME:
        return asking.numbers(workspace_id, question, first, end) & part
    return asking.numbers(workspace_id, question, first, end, among=part)


def keep_up(workspace_id: int) -> None:
    """The periodic work of one workspace: new changes, every answer, what no answer needs."""
    changed.fold(workspace_id)
    bring_forward(workspace_id)
    mine = Answer.objects.filter(workspace_id=workspace_id)
    there = set(mine.filter(key__in=[each.key for each in questions.REACH]).values_list("key"))
    if absent := [each for each in questions.REACH if (each.key,) not in there]:
        begin(workspace_id, absent)
    oldest = mine.aggregate(oldest=Min("generation"))["oldest"]
    taken_in = ChangedFacet.objects.filter(workspace_id=workspace_id, generation__lte=oldest)
    taken_in.delete()


def workspaces() -> list[int]:
    """Those that have people."""
    return list(NumberCounter.objects.order_by("pk").values_list("workspace_id", flat=True))


def waiting(now: datetime) -> list[int]:
    """Answers that are counted for the first time and in nobody's hands."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    found = Answer.objects.filter(free, ready=False).order_by("pk")
    return list(found.values_list("pk", flat=True))


def count_in_background(pk: int, now: datetime) -> None:
    """Counts on under a lease, so that no two workers count the same; a killed one's is taken."""
    lease = now + timedelta(seconds=limits.LEASE_SECONDS * 5)
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    if not Answer.objects.filter(free, pk=pk, ready=False).update(lease_until=lease):
        return
    count(Answer.objects.get(pk=pk))
    Answer.objects.filter(pk=pk).update(lease_until=None)


def forget_unused(now: datetime) -> int:
    """Answers that nobody has read for a week; a saved segment's are read every hour."""
    before = now - timedelta(days=limits.ANSWERS_KEPT_DAYS)
    reach = [each.key for each in questions.REACH]
    return Answer.objects.filter(used_at__lt=before).exclude(key__in=reach).delete()[0]
