"""Digests of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from modelyard.file_digests import sha256


@pytest.mark.parametrize("size", [0, 5, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_every_byte_counts(tmp_path: Path, size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    (tmp_path / "file").write_bytes(data)

    assert sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
