"""The broker of files hands out whole messages, however many write and read at once."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import Connection

from braze_partners import celery, file_broker


def channel(folder: Path) -> Any:
    for name in ("messages", "control"):
        (folder / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }
    return Connection("filesystem://", transport_options=options).channel()


def test_it_is_what_celery_uses(tmp_path: Path) -> None:
    assert celery.app.main == "braze_partners"
    assert isinstance(channel(tmp_path), file_broker.Channel)


def test_a_message_is_never_read_in_part(tmp_path: Path) -> None:
    messages, got, over = 400, list[dict[str, Any]](), threading.Event()

    def write() -> None:
        own = channel(tmp_path)
        for number in range(messages):
            own._put("celery", {"body": "x" * 10_000, "number": number})

    def read() -> None:
        own = channel(tmp_path)
        while not over.is_set():
            try:
                got.append(own._get("celery"))
            except Empty:
                pass

    reader, writers = threading.Thread(target=read), [threading.Thread(target=write) for _ in "ab"]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    while any((tmp_path / "messages").iterdir()):
        assert reader.is_alive()
    over.set()
    reader.join()
    assert sorted(one["number"] for one in got) == sorted([*range(messages)] * 2)


def test_a_damaged_message_is_passed_over(tmp_path: Path) -> None:
    own = channel(tmp_path)
    (tmp_path / "messages" / "1_a.celery.msg").write_bytes(b"")
    (tmp_path / "messages" / "2_b.celery.msg").write_bytes(b'{"number"')
    own._put("celery", {"number": 1})
    (tmp_path / "messages" / "9_c.celery.part").write_bytes(b"half")

    assert own._get("celery") == {"number": 1}
