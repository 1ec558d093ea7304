"""The build context of an image for docker and podman: a folder with a Dockerfile.

Reference: https://docs.docker.com/reference/dockerfile/. Packages are installed in a first stage:
neither the wheels nor pip's traces get into the image. No shell is needed in the base.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from modelyard.errors import InputError
from modelyard.images import dependencies, layers
from modelyard.images.contents import PACKAGES, Contents
from modelyard.images.layers import Entry

_WORK = "/tmp/modelyard"  # noqa: S108 - in the first stage of the build, not on this machine
_CHECK = (
    "import sys; has = '%d.%d' % sys.version_info[:2]; "
    "has == '{python}' or sys.exit("
    "'The base image has Python ' + has + '; the model needs Python {python}')"
)
_TIDY = "import shutil; shutil.rmtree('{packages}/bin', ignore_errors=True)"


def write_context(
    contents: Contents, folder: Path, *, base: str, wheels: Path | None, offline: bool
) -> None:
    """Write everything that the build needs into an empty folder.

    :param wheels: a folder to copy wheels from.
    :param offline: pip takes those only.
    :raises ImageFailed: for files that can't be in an image. InputError for a variable or label
        that a Dockerfile can't hold.
    """
    lines: list[str] = []
    if contents.requirements:
        lines += _packages_stage(contents, folder, base, wheels, offline)
    lines.append(f"FROM {base}")
    if contents.python:
        lines.append(_run("python3", "-c", _CHECK.format(python=contents.python)))
    if contents.requirements:
        lines.append(f"COPY --from=packages {PACKAGES} {PACKAGES}")
    for number, (target, source) in enumerate(sorted(contents.files.items())):
        _copy(_entries(source, f"files/{number}"), folder)
        lines.append(f"COPY {json.dumps([f'files/{number}', target])}")
    lines += [f"ENV {name}={_quoted(value)}" for name, value in contents.environment.items()]
    lines += [f"LABEL {_quoted(name)}={_quoted(text)}" for name, text in contents.labels.items()]
    lines += [
        f"EXPOSE {contents.port}",
        "WORKDIR /",
        f"USER {contents.user}",
        "ENTRYPOINT []",
        f"CMD {json.dumps(list(contents.command))}",
    ]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")


def _packages_stage(
    contents: Contents, folder: Path, base: str, wheels: Path | None, offline: bool
) -> list[str]:
    (folder / "wheels").mkdir()
    found = [*(sorted(wheels.iterdir()) if wheels else ()), *contents.wheels]
    for wheel in found:
        if wheel.is_file():
            _link_or_copy(wheel, folder / "wheels" / wheel.name)
    named = dependencies.requirement_files(contents, folder)
    files = [Path(name).name for name in named if not name.startswith("--")]
    arguments = [f"{_WORK}/{Path(name).name}" if name[0] != "-" else name for name in named]
    index = ["--no-index"] if offline else []
    pip = ("python3", "-m", "pip", "install", *dependencies.QUIET, "--no-cache-dir", "--no-compile")
    return [
        f"FROM {base} AS packages",
        "USER 0:0",
        f"COPY {' '.join(files)} {_WORK}/",
        f"COPY wheels {_WORK}/wheels",
        _run(*pip, "--target", PACKAGES, *arguments, f"--find-links={_WORK}/wheels", *index),
        _run("python3", "-c", _TIDY.format(packages=PACKAGES)),
    ]


def _run(*command: str) -> str:
    return f"RUN {json.dumps(list(command))}"


def _entries(source: Path, target: str) -> Iterable[Entry]:
    return layers.tree(source, target) if source.is_dir() else [layers.file_entry(target, source)]


def _copy(entries: Iterable[Entry], folder: Path) -> None:
    """Copy with the modes that layers have: what only its owner may read, nobody could in there."""
    for entry in entries:
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.link:
            path.symlink_to(entry.link)
        elif isinstance(entry.source, Path):
            shutil.copyfile(entry.source, path)
            path.chmod(entry.mode)
        else:
            path.mkdir(exist_ok=True)
            path.chmod(entry.mode)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source.resolve(), target)
    except OSError:  # another file system
        shutil.copyfile(source, target)


def _quoted(text: str) -> str:
    """A word of a Dockerfile, with nothing in it expanded."""
    if "\n" in text or "\r" in text:
        raise InputError(f"a variable or label of an image has one line only: {text!r}")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'
