"""What a request may upload: no more than the largest file that some page reads."""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler

LARGEST: Final = 6 * 1024 * 1024


class BoundedUpload(FileUploadHandler):
    """Goes first, and throws away what is too much, so that no upload fills memory or disk.

    The file ends there, larger than what its form takes: the form says so.
    """

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        return raw_data if self.received - len(raw_data) <= LARGEST else None

    def file_complete(self, file_size: int) -> Any:
        return None
