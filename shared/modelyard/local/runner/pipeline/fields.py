"""The keys of one mapping, read with their types; what doesn't fit is among the problems.

Source: learn.microsoft.com, ``pipelines/yaml-schema`` and ``yaml-schema/boolean``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelyard.local.runner.pipeline.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    kind_of,
    plain,
)
from modelyard.local.runner.pipeline.plan import Number, Place, Truth
from modelyard.local.runner.pipeline.problems import Problems, listed
from modelyard.local.runner.variables import may_be_variable
from modelyard.reading import nearest

TRUE = frozenset({"true", "y", "yes", "on"})
FALSE = frozenset({"false", "n", "no", "off"})


def is_late(text: str) -> bool:
    """Whether only a run can know the value: it has a macro or a runtime expression."""
    return "$(" in text or "$[" in text


class Fields:
    """A mapping whose keys are known."""

    def __init__(self, node: Mapping, what: str, known: Iterable[str], problems: Problems) -> None:
        """
        :param what: ``a job``, for messages.
        """
        self.node, self.what, self.problems = node, what, problems
        self.place: Place = node.place
        known = list(known)
        self.keys: dict[str, Scalar] = {}
        self.values: dict[str, Node] = {}
        for key, value in node:
            if key.text not in known:
                message = f"{key.text} isn't known of {what}{nearest(key.text, known)}"
                problems.add(key.place, message)
                continue
            self.keys[key.text] = key
            self.values[key.text] = value

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def node_of(self, name: str) -> Node | None:
        """The value of a key; None where it is missing or empty."""
        node = self.values.get(name)
        if isinstance(node, Scalar) and not node.text.strip():
            return None
        return node

    def place_of(self, name: str) -> Place:
        """Where the value of a key is, or the mapping."""
        return self.values[name].place if name in self.values else self.place

    def scalar(self, name: str) -> Scalar | None:
        """The value of a key that has to be a text."""
        node = self.values.get(name)
        if node is None or isinstance(node, Scalar):
            return node
        self._wrong(name, "a text", node)
        return None

    def text(self, name: str, default: str = "") -> str:
        node = self.scalar(name)
        return node.text if node and node.text else default

    def required(self, name: str) -> str:
        """A text that has to be there."""
        found = self.text(name)
        if not found.strip() and not isinstance(self.values.get(name), (Mapping, Sequence)):
            self.problems.add(self.place_of(name), f"{self.what} needs {name}")
        return found

    def choice(self, name: str, options: Iterable[str], default: str = "") -> str:
        """One of some words, as those are spelt."""
        text = self.text(name)
        if not text or is_late(text):
            return text or default
        found = next((one for one in options if one.lower() == text.lower()), None)
        if found is None:
            message = f"{name} can't be {text!r}, only {listed(options)}"
            self.problems.add(self.place_of(name), message)
        return found or default

    def truth(self, name: str, default: bool) -> Truth:
        """A boolean, or what gives one when it runs."""
        text = self.text(name).strip()
        if not text:
            return default
        if is_late(text):
            return text
        if text.lower() not in TRUE | FALSE:
            self.problems.add(self.place_of(name), f"{name} is true or false, not {text!r}")
        return text.lower() in TRUE

    def number(self, name: str, default: int, most: int | None = None) -> Number:
        """A whole number that isn't negative, or what gives one when it runs."""
        text = self.text(name).strip()
        if not text:
            return default
        if is_late(text):
            return text
        if not (text.isascii() and text.isdigit()) or len(text) > 9:
            self.problems.add(self.place_of(name), f"{name} is a whole number, not {text!r}")
            return default
        if most is not None and int(text) > most:
            self.problems.add(self.place_of(name), f"{name} is at most {most}, not {text}")
        return int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """One text or a list of texts."""
        return tuple(one.text for one in self.scalars(name))

    def scalars(self, name: str) -> tuple[Scalar, ...]:
        """The same, each with its place."""
        node = self.node_of(name)
        if node is None:
            return ()
        if isinstance(node, Scalar):
            return (node,)
        if isinstance(node, Sequence) and all(isinstance(one, Scalar) for one in node.items):
            return tuple(one for one in node.items if isinstance(one, Scalar) and one.text.strip())
        self._wrong(name, "a text or a list of texts", node)
        return ()

    def mapping(self, name: str) -> Mapping | None:
        """The value of a key that has to be a mapping; None where it is missing or empty."""
        node = self.node_of(name)
        if node is None or isinstance(node, Mapping):
            return node
        self._wrong(name, "a mapping", node)
        return None

    def list_of(self, name: str) -> Sequence | None:
        """The value of a key that has to be a list; None where it is missing or empty."""
        node = self.node_of(name)
        if node is None or isinstance(node, Sequence):
            return node
        self._wrong(name, "a list", node)
        return None

    def environment(self, name: str) -> dict[str, str]:
        """Variables of a process's environment."""
        found: dict[str, str] = {}
        for key, value in self.mapping(name) or ():
            if not isinstance(value, Scalar):
                message = f"{key.text} of {name} is a text, not {kind_of(value)}"
                self.problems.add(value.place, message)
            elif not may_be_variable(key.text, value.text):
                message = f"no process can have the variable {key.text!r}: there is = or NUL in it"
                self.problems.add(key.place, message)
            else:
                found[key.text] = value.text
        return found

    def plain(self, name: str) -> Any:
        """Whatever it is, as plain values."""
        return plain(self.values[name]) if name in self.values else None

    def _wrong(self, name: str, wanted: str, node: Node) -> None:
        self.problems.add(node.place, f"{name} is {wanted}, not {kind_of(node)}")
