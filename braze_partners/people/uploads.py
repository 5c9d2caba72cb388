"""Receives a CSV straight into var/uploads, never into memory. Knows upload handlers."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from braze_partners.people.importing import uploads_folder


class UploadToDisk(FileUploadHandler):
    """Writes the parts as they come; what is not kept vanishes with the request."""

    chunk_size = 1024 * 1024

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = NamedTemporaryFile(dir=uploads_folder(), suffix=".part")  # noqa: SIM115

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.flush()
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size)

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            with suppress(FileNotFoundError):
                self.file.close()


def keep(upload: UploadedFile) -> str:
    """Gives the uploaded file a name that lasts; the name, without its folder."""
    ending = ".csv.gz" if (upload.name or "").lower().endswith(".gz") else ".csv"
    kept: Path = uploads_folder() / f"{token_hex(16)}{ending}"
    os.link(upload.file.name, kept)  # type: ignore[union-attr]
    return kept.name
