"""A packaging tool that errs on purpose: what a release makes of it has to be refused."""

from __future__ import annotations

import sys
from pathlib import Path

PROGRAM = """
import os, sys, zipfile
from pathlib import Path
given = dict(zip(sys.argv, sys.argv[1:]))
root = Path(given["--root"])
files = {
    path.relative_to(root).as_posix(): path.read_bytes()
    for path in sorted(root.rglob("*")) if path.is_file()
}
"""
PACK = """
with zipfile.ZipFile(given["--output-path"], "w") as archive:
    for name, content in files.items():
        archive.writestr(name, content)
"""


def packer(path: Path, fault: str) -> Path:
    """A program that is called like tfx and packs the whole folder.

    :param fault: Python that changes ``files``, the contents by name, before they are packed.
    """
    path.write_text(f"#!{sys.executable}\n{PROGRAM}{fault}\n{PACK}")
    path.chmod(0o755)
    return path
