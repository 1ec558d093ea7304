"""A file as the body of a request: streamed, so that it may be larger than the memory.

It can seek back, so that the session may send it again; it is sent only whole: when the file
changes meanwhile, or the work is stopped, reading fails and the service gets no complete request.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from modelyard.databricks.files.local_files import LocalFile, changed
from modelyard.errors import FileError
from modelyard.parallel import Stop

BUFFER = 1024 * 1024


@contextmanager
def body_of(
    file: LocalFile, stop: Stop, *, head: bytes = b"", tail: bytes = b""
) -> Iterator[IO[bytes]]:
    """The file's bytes between ``head`` and ``tail`` (the frame of a form field)."""
    with io.BufferedReader(_FileBody(file, stop, head, tail), BUFFER) as body:
        yield body


class _FileBody(io.RawIOBase):
    def __init__(self, file: LocalFile, stop: Stop, head: bytes, tail: bytes) -> None:
        super().__init__()
        self._file = file
        self._stop = stop
        self._head = head
        self._tail = tail
        self._end = len(head) + file.size + len(tail)
        self._position = 0
        try:
            self._descriptor = os.open(file.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise FileError(
                f"{file.path} can't be read: {error.strerror}",
                fix="see that the file stays while it is sent, and that this user may read it",
            ) from None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._end}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._stop.check()
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()

    def _read(self, most: int) -> bytes:
        inside = self._position - len(self._head)
        if inside < 0:
            return self._head[self._position : self._position + most]
        if inside >= self._file.size:
            after = inside - self._file.size
            return self._tail[after : after + most]
        try:
            os.lseek(self._descriptor, inside, os.SEEK_SET)
            data = os.read(self._descriptor, min(most, self._file.size - inside))
            whole = inside + len(data) < self._file.size or self._unchanged()
        except OSError as error:
            raise FileError(
                f"{self._file.path} can't be read: {error.strerror}",
                fix="see that the file stays while it is sent, and that this user may read it",
            ) from None
        if not data or not whole:
            raise changed(self._file.path)
        return data

    def _unchanged(self) -> bool:
        # Looked at before the last bytes are sent: without them the service stores nothing.
        now = os.fstat(self._descriptor)
        return (now.st_size, now.st_mtime) == (self._file.size, self._file.modified)
