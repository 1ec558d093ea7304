"""The Python environments of clusters: a cluster's libraries over the local cloud's own packages.

Each is made once for a set of requirements and kept in a cache folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelyard.local.notebook import overlay
from modelyard.local.notebook.pip_command import InstallFailed, ensure_pip, pip

__all__ = ["InstallFailed", "base_python", "build"]

TIMEOUT = 1800.0
"""Seconds that pip may take."""


def base_python() -> Path:
    """The interpreter that runs the local cloud. It has MLflow and scikit-learn; every cluster's
    environment is a layer over its packages."""
    return Path(sys.executable)


def build(
    requirements: Sequence[str],
    *,
    cache: Path,
    wheels: Sequence[Path] = (),
    index_url: str | None = None,
) -> Path:
    """An environment with these packages over the base; returns its interpreter.

    Requirements that the base already satisfies cost no network. A set that was built before is
    taken from ``cache``: an unpinned requirement keeps the version it then had. Safe for several
    processes and threads at once: one builds, the others wait for it.

    :param requirements: as in a requirements file, without options (``scikit-learn>=1.4``).
    :param wheels: wheels or source archives on this machine; their content counts, not their path.
    :param index_url: a package index in place of the user's (``repo`` of a PyPI library).
    :raises InstallFailed: pip's message.
    """
    wanted = _cleaned(requirements)
    for wheel in wheels:
        if not wheel.is_file():
            raise InstallFailed(f"{wheel} doesn't exist. Upload the file before installing it.")
    if not wanted and not wheels:
        return base_python()
    published = cache / _key(wanted, wheels, index_url)
    with _lock(published.with_suffix(".lock")):
        if not published.exists():
            _publish(published, wanted, wheels, index_url)
        return published.resolve() / "bin" / "python"


def _cleaned(requirements: Sequence[str]) -> list[str]:
    lines = [line.strip() for line in requirements]
    wanted = [line.partition(" #")[0].strip() for line in lines if line and line[0] != "#"]
    for line in wanted:
        if line.startswith("-"):
            raise InstallFailed(
                f"{line.split()[0]} is an option of pip, not a package. Name packages only; "
                "settings of pip belong into its configuration or PIP_* variables."
            )
    return sorted(set(wanted))


def _key(wanted: Sequence[str], wheels: Sequence[Path], index_url: str | None) -> str:
    """What the environment depends on, as a short name."""
    contents = [(wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()) for wheel in wheels]
    below = overlay.site_folders()
    # An upgrade of the base can make a requirement unsatisfied that needed nothing before.
    installed = [sorted(p.name for p in Path(folder).glob("*.dist-info")) for folder in below]
    base = [sys.version, str(base_python()), below, installed]
    document = json.dumps([base, list(wanted), sorted(contents), index_url])
    return hashlib.sha256(document.encode()).hexdigest()[:24]


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    """Exclusive among processes and threads; freed when the process dies."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _publish(
    published: Path, wanted: Sequence[str], wheels: Sequence[Path], index_url: str | None
) -> None:
    """Build beside ``published``, then make that a link to it: an environment can't be moved,
    because its scripts name their interpreter by its path."""
    for leftover in published.parent.glob(f"{published.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a process that was killed
    folder = Path(tempfile.mkdtemp(prefix=f"{published.name}-", dir=published.parent))
    try:
        python = overlay.create(folder, overlay.site_folders())
        ensure_pip(python)
        options = ["--index-url", index_url] if index_url else []
        files = [str(wheel) for wheel in wheels]
        arguments = ["install", "--no-color", *options, "--", *wanted, *files]
        log = pip(python, arguments, timeout_seconds=TIMEOUT)
        (folder / "pip.log").write_text(log, encoding="utf-8")
        published.symlink_to(folder.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
