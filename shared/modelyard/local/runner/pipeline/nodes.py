"""The tree of a YAML file: scalars, sequences and mappings that know where they were written.

Source: learn.microsoft.com, ``pipelines/process/templates`` (parameters are values of any shape).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from modelyard.local.runner.expressions import ExactDict, to_text
from modelyard.local.runner.pipeline.plan import Place

OVERHEAD = 48
"""What a node counts for in the limit on a pipeline's size, beside two bytes a character."""


class Folded(NamedTuple):
    """Lines of a file that make one text: breaks and indents have become other white space."""

    line: int
    """The number of the first."""
    lines: tuple[str, ...]
    """What stands before the text is blank in them."""

    def place_of(self, offset: int, text: str, file: str) -> Place:
        """Where a character of the text is: the one with as many before it that aren't white space.
        Where none follows, it is the place behind the last."""
        before, after = ("".join(part.split()) for part in (text[:offset], text[offset:]))
        count = len(before) - (not after)
        for number, line in enumerate(self.lines, self.line):
            for column, character in enumerate(line, 1):
                if not character.isspace():
                    if count <= 0:
                        return Place(file, number, column + (not after))
                    count -= 1
        return Place(file, self.line, 1)


class Scalar:
    """One value. A file has only texts; an expression may give all but a collection."""

    __slots__ = ("block_indent", "folded", "place", "plain", "quoted", "text", "value")

    def __init__(
        self,
        value: Any,
        place: Place,
        *,
        quoted: bool = False,
        block_indent: int = 0,
        plain: bool = False,
        folded: Folded | None = None,
    ) -> None:
        self.value = value
        self.text: str = value if isinstance(value, str) else to_text(value)
        self.place = place
        self.quoted = quoted
        self.plain = plain
        """Written in a file as ``x``: neither quoted nor a block, and no expression's result."""
        self.block_indent = block_indent
        """Of a ``|`` or ``>`` block: the column of its text, counted from 1. Else 0."""
        self.folded = folded
        """Of a ``>`` block, or a text without quotes on several lines."""

    @property
    def size(self) -> int:
        return OVERHEAD + 2 * len(self.text)

    def place_of(self, offset: int) -> Place:
        """Where a character of the text is; the start where quotes or escapes hide it."""
        if self.folded is not None:
            return self.folded.place_of(offset, self.text, self.place.file)
        before = self.text[:offset]
        lines = before.count("\n")
        place = self.place
        if self.block_indent:
            column = self.block_indent + len(before) - (before.rfind("\n") + 1)
            return Place(place.file, place.line + 1 + lines, column)
        if lines:
            return place
        return Place(place.file, place.line, place.column + offset + self.quoted)


class Sequence:
    """A list."""

    __slots__ = ("_size", "_value", "items", "place", "typed")

    def __init__(self, items: list[Node], place: Place) -> None:
        self.items = items
        self.place = place
        self._size = 0
        self._value: PlacedList | None = None
        self.typed: PlacedList | None = None
        """See :func:`.typed_values.typed_value`."""

    @property
    def size(self) -> int:
        if not self._size:
            self._size = OVERHEAD + sum(item.size for item in self.items)
        return self._size


class Mapping:
    """Keys and values, in the order written."""

    __slots__ = ("_size", "_value", "entries", "place", "typed")

    def __init__(self, entries: list[tuple[Scalar, Node]], place: Place) -> None:
        self.entries = entries
        self.place = place
        self._size = 0
        self._value: PlacedDict | None = None
        self.typed: PlacedDict | None = None
        """See :func:`.typed_values.typed_value`."""

    @property
    def size(self) -> int:
        if not self._size:
            self._size = OVERHEAD + sum(key.size + value.size for key, value in self.entries)
        return self._size

    def get(self, name: str) -> Node | None:
        """The value of a key, however that is spelt."""
        lower = name.lower()
        return next((value for key, value in self.entries if key.text.lower() == lower), None)

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping


class PlacedList(list[Any]):
    """The value of a sequence, which remembers it."""

    def __init__(self, node: Sequence, of: Callable[[Node], Any]) -> None:
        super().__init__(map(of, node.items))
        self.node = node


class PlacedDict(ExactDict):
    """The value of a mapping, which remembers it."""

    def __init__(self, node: Mapping, of: Callable[[Node], Any]) -> None:
        super().__init__((key.text, of(value)) for key, value in node.entries)
        self.node = node


class PlacedText(str):
    """The value of a text, which remembers where it is."""

    __slots__ = ("place",)

    place: Place

    def __new__(cls, text: str, place: Place) -> PlacedText:
        made = super().__new__(cls, text)
        made.place = place
        return made


def placed_items(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keys and values of a mapping; texts that came from a file keep their places."""
    if not isinstance(value, PlacedDict):
        yield from value.items()
        return
    for key, node in value.node.entries:
        one = value[key.text]
        if isinstance(one, str):
            one = PlacedText(one, node.place)
        yield PlacedText(key.text, key.place), one


def to_value(node: Node) -> Any:
    """What expressions see of it. Made once: nodes don't change."""
    if isinstance(node, Scalar):
        return node.value
    if node._value is None:
        if isinstance(node, Mapping):
            node._value = PlacedDict(node, to_value)
        else:
            node._value = PlacedList(node, to_value)
    return node._value


def from_value(value: Any, place: Place) -> Node:
    """A value as a node: what came from a file keeps its places, all else has the one given."""
    if isinstance(value, (PlacedDict, PlacedList)):
        return value.node
    if isinstance(value, dict):
        pairs = [(Scalar(str(key), place), from_value(one, place)) for key, one in value.items()]
        return Mapping(pairs, place)
    if isinstance(value, (list, tuple)):
        return Sequence([from_value(one, place) for one in value], place)
    if isinstance(value, PlacedText):
        return Scalar(str(value), value.place)
    return Scalar("" if value is None else value, place)


def plain(node: Node) -> Any:
    """Plain dictionaries, lists and texts: what the service keeps of it."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def kind_of(node: Node) -> str:
    """What a message calls it."""
    if isinstance(node, Scalar):
        return "a text" if node.text else "nothing"
    return "a list" if isinstance(node, Sequence) else "a mapping"
