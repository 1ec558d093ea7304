"""File patterns as the tasks of Azure Pipelines read them: minimatch in one particular setting.

``*``, ``?``, ``[a-z]``, ``**`` and the extended patterns ``@(a|b) ?(a) *(a) +(a) !(a)``; names that
begin with a dot are matched like others; braces are only text; case counts. Of a list of
patterns ``#`` begins a comment, ``!`` takes away what was found before, and the order counts.

Of 30,000 random pairs of path and pattern, minimatch itself answers 10 otherwise: all have two
extended patterns side by side, or a ``**`` beside one in the same name.

Source: ``match`` and ``findMatch`` of microsoft/azure-pipelines-task-lib (``node/task.ts``,
``node/internal.ts``) with their default options, and minimatch 3.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from modelyard.local.runner.builtin.glob_segment import GLOBSTAR, Segment, parse_segment

_ANY_NAME = re.compile(r"(?!\.{1,2}$).+", re.DOTALL)


def matches(path: str, pattern: str) -> bool:
    """Whether one path fits one pattern. Both are absolute, or relative to the same folder."""
    return _fits(re.split("/+", path.rstrip("/")), _segments(pattern))


def select(paths: Iterable[str], patterns: Iterable[str], root: str = "") -> list[str]:
    """Those of the paths that the list of patterns chooses, in their own order.

    :param root: relative patterns begin there; empty: patterns are taken as they are.
    """
    all_paths = list(paths)
    chosen: set[str] = set()
    for include, pattern in _read(patterns):
        rooted = _rooted(root, pattern) if root else pattern
        found = {path for path in all_paths if matches(path, rooted)}
        chosen = chosen | found if include else chosen - found
    return [path for path in all_paths if path in chosen]


def find(root: Path) -> list[str]:
    """The folder itself and everything below it, links followed, broken ones included."""
    if not os.path.lexists(root):
        return []
    return [str(root), *_below(str(root), ())]


def find_match(root: Path, patterns: Iterable[str]) -> list[Path]:
    """What the patterns choose below ``root``, or where absolute ones say; sorted."""
    chosen: set[str] = set()
    for include, pattern in _read(patterns):
        rooted = _rooted(str(root), pattern)
        if not include:
            chosen = {path for path in chosen if not matches(path, rooted)}
            continue
        folder, whole = _literal_part(rooted)
        if whole:
            chosen |= {folder} if Path(folder).exists() else set()
        else:
            chosen |= {path for path in find(Path(folder)) if matches(path, rooted)}
    return [Path(path) for path in sorted(chosen)]


def _read(patterns: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Whether each pattern adds, and the pattern without its marks."""
    for line in patterns:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        bare = pattern.lstrip("!")
        if bare.strip():
            yield (len(pattern) - len(bare)) % 2 == 0, bare.strip()


def _rooted(root: str, pattern: str) -> str:
    if pattern.startswith("/"):
        return pattern
    quoted = root.rstrip("/").replace("\\", "\\\\")
    quoted = re.sub(r"\[(?=[^/]+\])", "[[]", quoted)
    quoted = quoted.replace("?", "[?]").replace("*", "[*]")
    for mark in "+@!":
        quoted = quoted.replace(f"{mark}(", f"[{mark}](")
    return f"{quoted}/{pattern}"


def _literal_part(pattern: str) -> tuple[str, bool]:
    """The folder before the first segment that isn't plain text; whether all of it is plain."""
    parts: list[str] = []
    segments = _segments(pattern)
    for segment in segments:
        if not isinstance(segment, str) or segment is GLOBSTAR:
            break
        parts.append(segment)
    return os.path.normpath("/".join(parts) or "/"), len(parts) == len(segments)


def _below(folder: str, above: Sequence[str]) -> Iterator[str]:
    real = os.path.realpath(folder)
    if real in above or not Path(folder).is_dir():  # a link to a folder that holds it
        return
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda one: one.name)
    for entry in found:
        yield entry.path
        if entry.is_dir():
            yield from _below(entry.path, (*above, real))


@lru_cache(maxsize=512)
def _segments(pattern: str) -> tuple[Segment, ...]:
    segments = [parse_segment(part) for part in re.split("/+", pattern)]
    if segments[-1] is GLOBSTAR:
        # At the very end it stands for one name or more: `a/**` isn't `a`.
        segments.append(_ANY_NAME)
    return tuple(segments)


def _fits(names: Sequence[str], segments: Sequence[Segment]) -> bool:
    """Match from the left, keeping every place in the pattern where the path may be."""
    places = _past_globstars({0}, segments)
    for name in names:
        following: set[int] = set()
        for place in places:
            if place == len(segments):
                continue
            segment = segments[place]
            if segment is GLOBSTAR:
                following |= {place} if name not in (".", "..") else set()
            elif _is_name(name, segment):
                following.add(place + 1)
        places = _past_globstars(following, segments)
    return len(segments) in places


def _past_globstars(places: set[int], segments: Sequence[Segment]) -> set[int]:
    """The places, and those behind the globstars at them, which may stand for nothing."""
    found = set(places)
    for start in places:
        place = start
        while place < len(segments) and segments[place] is GLOBSTAR:
            place += 1
            found.add(place)
    return found


def _is_name(name: str, segment: Segment) -> bool:
    return name == segment if isinstance(segment, str) else segment.fullmatch(name) is not None
