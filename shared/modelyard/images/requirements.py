"""The requirements of a model, and whether each of them is pinned.

An image is built more than once: for a fix, for the next environment. Only pinned requirements
give the same packages again. Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from modelyard.errors import FileError

_NAMED = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*"
    r"(?:\[(?P<extras>[^\]]*)\])?\s*(?P<rest>[^;]*?)\s*(?:;\s*(?P<marker>.*))?"
)
_EXACT = re.compile(r"\(?\s*={2,3}\s*(?P<version>[A-Za-z0-9!+._-]+)\s*\)?")
_COMMIT = re.compile(r"git\+[^@\s]+://\S+@[0-9a-f]{40}(?:#\S*)?")
_ARCHIVE = re.compile(r"https?://\S+\.(?:whl|tar\.gz|zip)(?:#\S*)?")
_WHEEL = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass(frozen=True)
class Requirement:
    """One requirement that is pinned."""

    name: str
    """Normalised: lower case, dashes."""
    version: str
    """Empty for a direct reference (``name @ URL``)."""
    line: str
    """As pip takes it."""
    extras: bool = False
    wheel: Path | None = None
    """The file in the model folder that it stands for."""


@dataclass(frozen=True)
class Requirements:
    """What a requirements file says."""

    pinned: tuple[Requirement, ...]
    constraints: tuple[str, ...] = ()
    """Lines of the constraint files that it names."""

    def find(self, name: str) -> Requirement | None:
        """The requirement of this (normalised) name."""
        return next((one for one in self.pinned if one.name == name), None)


def normalised(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(path: Path) -> Requirements:
    """Read the requirements file of a model.

    :raises FileError: naming every requirement that isn't pinned, or the line that isn't allowed:
        options are not (a model doesn't choose where packages come from), constraint files in the
        model folder are.
    """
    pinned: list[Requirement] = []
    constraints: list[str] = []
    loose: list[str] = []
    for line in _lines(path):
        if line.startswith("-"):
            constraints += _constraints(line, path)
            continue
        requirement = _requirement(line, path)
        if requirement is None:
            loose.append(line)
        else:
            pinned.append(requirement)
    if loose:
        raise FileError(
            f"{path} has requirements that aren't pinned: {', '.join(loose)}",
            cause="the next build of the same model could get other packages",
            fix="log the model with pip_requirements that say ==VERSION for each",
        )
    return Requirements(tuple(pinned), tuple(constraints))


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            f"can't read {path}: {error}",
            fix="log the model anew with MLflow, which writes this file",
        ) from None
    joined = re.sub(r"\\\r?\n", " ", text)
    stripped = [_COMMENT.sub("", line).strip() for line in joined.splitlines()]
    return [line for line in stripped if line]


def _constraints(line: str, path: Path) -> list[str]:
    match = re.fullmatch(r"(?:-c|--constraint)[\s=]+(\S+)", line)
    if match is None:
        raise FileError(
            f"{path} has the pip option {line.split()[0]!r}",
            cause="a model doesn't choose where its packages come from or how pip runs",
            fix="configure pip where the image is built, and log the model without the option",
        )
    return [one for one in _lines(_inside(path, match[1])) if not one.startswith("-")]


def _requirement(line: str, path: Path) -> Requirement | None:
    if line.endswith(".whl") and "@" not in line and ";" not in line:
        return _wheel(line, path)
    match = _NAMED.fullmatch(line)
    if match is None:
        raise FileError(
            f"{path} has a line that is no requirement: {line!r}",
            fix="write NAME==VERSION, as pip takes it",
        )
    name, rest = normalised(match["name"]), match["rest"]
    exact = _EXACT.fullmatch(rest)
    if exact:
        return Requirement(name, exact["version"], line, extras=bool(match["extras"]))
    target = rest.removeprefix("@").strip()
    if rest.startswith("@") and (_COMMIT.fullmatch(target) or _ARCHIVE.fullmatch(target)):
        return Requirement(name, "", line, extras=bool(match["extras"]))
    return None


def _wheel(line: str, path: Path) -> Requirement:
    wheel = _inside(path, line)
    match = _WHEEL.fullmatch(wheel.name)
    if match is None:
        raise FileError(
            f"{path} names {line}, which isn't the file name of a wheel",
            fix="give the wheel the name that it was built with",
        )
    name, version = normalised(match["name"]), match["version"].replace("_", "-")
    return Requirement(name, version, f"{name}=={version}", wheel=wheel)


def _inside(path: Path, relative: str) -> Path:
    """A file that the requirements file names, which has to be in the model folder."""
    found = path.parent / relative
    outside = PurePosixPath(relative).is_absolute() or not found.resolve().is_relative_to(
        path.parent.resolve()
    )
    if outside or not found.is_file():
        raise FileError(
            f"{path} names {relative}, which is not a file in the model's folder",
            fix="log the model again, with the file among its artifacts",
        )
    return found
