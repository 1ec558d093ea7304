"""What is known of a task before it runs: the inputs it declares.

Source: microsoft/azure-pipelines-task-lib, ``tasks.schema.json`` (aliases, ``visibleRule``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_TERM = re.compile(
    r"\s*(?P<name>\w+)\s*(?P<operator>!=|==|=|!?\bin\b|not\s?in|NotIn|(?:not)?(?:contains|endsWith"
    r"|startsWith))\s*(?P<value>.*?)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class KnownInput:
    """One input."""

    name: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """The values of a pick list that takes no others; empty: any."""
    default: str = ""
    visible: str = ""
    """``targetType = inline``: a required input that isn't visible isn't required."""
    boolean: bool = False


@dataclass(frozen=True)
class KnownTask:
    """One major version of a task."""

    name: str
    version: str
    """``2``."""
    inputs: tuple[KnownInput, ...] = ()
    open: bool = False
    """Whether it takes inputs that it doesn't declare."""
    by_name: Mapping[str, KnownInput] = field(init=False, repr=False, compare=False)
    """Inputs by their names and aliases in lower case."""

    def __post_init__(self) -> None:
        names = {alias.lower(): one for one in self.inputs for alias in one.aliases}
        names.update((one.name.lower(), one) for one in self.inputs)
        object.__setattr__(self, "by_name", names)

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"


def is_visible(one: KnownInput, task: KnownTask, inputs: Mapping[str, str]) -> bool | None:
    """Whether an input is asked for, given the others; None where only a run can tell.

    :param inputs: those that are given, by declared name.
    """
    rule = one.visible.strip()
    if not rule:
        return True
    joined_by_or = "||" in rule
    results: list[bool | None] = []
    for part in rule.split("||" if joined_by_or else "&&"):
        found = _TERM.fullmatch(part)
        if not found:
            return None
        other = task.by_name.get(found["name"].lower())
        if other is None:
            return None
        actual = inputs.get(other.name, other.default)
        results.append(None if "$(" in actual else _holds(found, actual.lower()))
    if joined_by_or:
        return True if True in results else None if None in results else False
    return False if False in results else None if None in results else True


def _holds(term: re.Match[str], actual: str) -> bool:
    operator = re.sub(r"\s", "", term["operator"].lower())
    wanted = term["value"].strip("'\"").lower()
    if operator in ("=", "=="):
        return actual == wanted
    if operator == "!=":
        return actual != wanted
    negated = operator.startswith(("not", "!"))
    operator = operator.removeprefix("not").removeprefix("!")
    held = {
        "in": actual in [part.strip() for part in wanted.split(",")],
        "contains": wanted in actual,
        "startswith": actual.startswith(wanted),
        "endswith": actual.endswith(wanted),
    }[operator]
    return held != negated


def find(tasks: Mapping[str, KnownTask], reference: str) -> KnownTask | None:
    """The task of a ``Name@2``, with or without its publisher's prefix, however it is spelt.

    :param tasks: by ``name@major`` in lower case.
    """
    name, _, version = reference.lower().partition("@")
    key = f"@{version.partition('.')[0]}"
    return tasks.get(name + key) or tasks.get(name.rpartition(".")[2] + key)
