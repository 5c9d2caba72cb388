"""Celery's broker of files, with messages that appear whole. Knows folders; knows no task.

Kombu's own writes a message into a file that is already where workers look: one that looks in
between reads an empty message, and the worker ends. Seen once a minute on a busy machine.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

log = structlog.get_logger(__name__)


class Channel(filesystem.Channel):
    def _put(self, queue: Any, message: Any, **_: Any) -> None:  # type: ignore[override]
        """Written under a name that nobody looks for, then renamed, which is done at once."""
        name = f"{round(monotonic() * 1000)}_{uuid4()}.{queue}"
        part = Path(self.data_folder_out) / f"{name}.part"
        try:
            part.write_bytes(dumps(message).encode())
            part.rename(part.with_name(f"{name}.msg"))
        except OSError as error:
            raise ChannelError(f"Cannot add {name} to the broker's folder") from error

    def _get(self, queue: Any, timeout: Any = None) -> Any:
        """A message that is damaged, as a machine that lost its power leaves one, is passed over:
        it is only a wake-up, and the sweeps find what was forgotten."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("damaged_message_passed_over", queue=queue)


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> None:
    """What `filesystem://` means from here on."""
    TRANSPORT_ALIASES["filesystem"] = "braze_partners.file_broker:Transport"
