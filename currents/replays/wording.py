"""A replay as people read it. Knows its row; knows no HTML."""

from __future__ import annotations

from django.utils.translation import gettext as _

from currents.kinds import kind_name
from currents.replays.models import Replay
from currents.states import State

Kind = Replay.Kind


def what(replay: Replay) -> str:
    """What is replayed, without its times."""
    words = str(Kind(replay.kind).label)
    if replay.cause:
        words = _("%(kind)s: %(cause)s") % {"kind": words, "cause": replay.cause}
    if replay.event_types:
        names = ", ".join(kind_name(name) for name in replay.event_types)
        words = _("%(kind)s, only %(types)s") % {"kind": words, "types": names}
    return words


def waits_for(replay: Replay) -> str:
    """Why it does not move, in a sentence; empty while it does."""
    if not replay.is_running:
        return ""
    if replay.current.state == State.PAUSED:
        return _("The Current is paused: the replay goes on when it is resumed.")
    if replay.current.state != State.ACTIVE:
        return _("The Current does not send now: the replay goes on when it does.")
    if replay.failures:
        words = _(
            "Amplitude did not take the last request (%(words)s): it is tried again by itself."
        )
        return words % {"words": replay.words}
    if replay.due_at is not None:
        return _("Some ids are paced to 30 events per second; the replay waits for them.")
    return ""
