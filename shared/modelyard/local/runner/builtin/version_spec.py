"""Ranges of versions as npm writes them: ``3.x``, ``>=3.10 <3.12``, ``~3.11``, ``3.9 || 3.11``.

Source: docs of npm's ``semver``, section "Ranges", as far as ``UsePythonVersion`` takes them; and
its own ``3.13-dev``, a version before its release. Versions are triples of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Triple = tuple[int, int, int]
_PART = re.compile(r"(>=|<=|>|<|=|\^|~>?)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")
_DEVELOPMENT = re.compile(r"(\d+\.\d+)-dev")


class VersionSpecError(ValueError):
    """A text isn't a range of versions."""


def is_exact(spec: str) -> bool:
    """Whether the text names one version."""
    return re.fullmatch(r"\s*[=v]*\s*\d+\.\d+\.\d+\s*", spec) is not None


def development(spec: str) -> str:
    """``3.13`` of ``3.13-dev``; empty for all else."""
    found = _DEVELOPMENT.fullmatch(spec.strip())
    return found[1] if found else ""


def satisfies(version: Triple, spec: str) -> bool:
    """Whether a released version lies in the range.

    :raises VersionSpecError: when the text is no range.
    """
    spec = development(spec) or spec
    # All are read before any is asked, so that a mistake doesn't depend on the version.
    choices = [list(_bounds(choice)) for choice in spec.split("||")]
    return any(all(bound(version) for bound in bounds) for bounds in choices)


def _bounds(choice: str) -> Iterator[Callable[[Triple], bool]]:
    if found := _HYPHEN.fullmatch(choice.strip()):
        choice = f">={found[1]} <={found[2]}"
    rest = choice.strip()
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise VersionSpecError(f"{choice.strip()!r} is no range of versions")
        yield _bound(part[1] or "=", _numbers(part.groups()[1:]))
        rest = rest[part.end() :]
        if rest and not rest[0].isspace():
            raise VersionSpecError(f"{choice.strip()!r} is no range of versions")
        rest = rest.strip()


def _numbers(parts: tuple[str | None, ...]) -> list[int]:
    numbers: list[int] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    return numbers


def _bound(operator: str, numbers: list[int]) -> Callable[[Triple], bool]:
    """What a comparison says; numbers that aren't given stand for all there are."""
    low = _filled(numbers)
    above = _next(numbers)
    if operator == "^":
        # The first number that isn't 0 stays; what isn't written may be anything.
        fixed = next((i + 1 for i, one in enumerate(numbers) if one), max(len(numbers), 1))
        above = _next(numbers[:fixed])
    elif operator.startswith("~"):
        above = _next(numbers[:2])
    if operator == ">=":
        return lambda version: version >= low
    if operator == "<":
        return lambda version: version < low
    if operator == ">":
        return lambda version: above is not None and version >= above
    if operator == "<=":
        return lambda version: above is None or version < above
    return lambda version: version >= low and (above is None or version < above)


def _filled(numbers: list[int]) -> Triple:
    one, two, three = [*numbers, 0, 0, 0][:3]
    return one, two, three


def _next(numbers: list[int]) -> Triple | None:
    """The first version behind all that begin so; None where all do."""
    return _filled([*numbers[:-1], numbers[-1] + 1]) if numbers else None
