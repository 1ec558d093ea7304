"""YAML text to nodes, as the service reads it.

Every scalar is a text (``yes``, ``1.10`` and ``null`` stay what was written), keys are compared
without regard to case and may not repeat, and anchors, complex keys and a second document are
refused. Built from PyYAML's events: no recursion, so no text can exhaust the stack.

Source: learn.microsoft.com, ``pipelines/yaml-schema`` ("unsupported features include anchors,
complex keys, and sets").

A workflow of GitHub is read by the same rules, with anchors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from modelyard.local.runner.pipeline.nodes import (
    Folded,
    Mapping,
    Node,
    Scalar,
    Sequence,
    kind_of,
)
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems

DEPTH = 100
"""Levels of lists and mappings in one another."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def read(data: bytes, file: str, problems: Problems, *, anchors: bool = False) -> Node | None:
    """The tree of a file; None where it has none, and what is wrong is among the problems.

    :param anchors: take anchors and aliases, which a workflow of GitHub may have.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8-sig", errors="ignore")
        problems.add(
            _end_of(good, file), "the file isn't UTF-8 text from here on: save it as UTF-8"
        )
        return None
    if found := _UNPRINTABLE.search(text):
        problems.add(
            _end_of(text[: found.start()], file),
            f"a character that YAML doesn't allow (U+{ord(found.group()):04X})",
        )
        return None
    node: Node | None = None
    try:
        node = _Composer(text, file, problems, anchors=anchors).compose()
    except yaml.MarkedYAMLError as error:
        problems.add(*_syntax_error(error, text, file))
    except yaml.YAMLError as error:
        problems.add(Place(file, 1, 1), f"this isn't YAML: {error}")
    return node


def _end_of(text: str, file: str) -> Place:
    lines = _BREAK.split(text)
    return Place(file, len(lines), len(lines[-1]) + 1)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> tuple[Place, str]:
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    place = Place(file, line + 1, (mark.column if mark else 0) + 1)
    lines = _BREAK.split(text)
    for number in range(max(0, line - 1), min(len(lines), line + 1)):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if "\t" in indent:
            column = indent.index("\t") + 1
            return Place(file, number + 1, column), "a tab indents this line: YAML takes spaces"
    context = f" {error.context}" if error.context else ""
    return place, f"this isn't YAML: {error.problem or 'it ends too early'}{context}"


class _Composer:
    """The nodes of one text."""

    def __init__(self, text: str, file: str, problems: Problems, *, anchors: bool) -> None:
        self.text, self.file, self.problems = text, file, problems
        self.anchors: dict[str, Node] | None = {} if anchors else None
        self.lines: list[str] | None = None
        self.open: list[tuple[Place, list[Node], bool, str | None]] = []
        """The collections being read: place, members (keys and values in turn), whether mapping,
        anchor."""
        self.documents = 0
        self.root: Node | None = None

    def compose(self) -> Node | None:
        for event in self._events():
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._named(self._scalar(event), event.anchor))
            elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                mapping = isinstance(event, yaml.MappingStartEvent)
                self.open.append((self._place(event), [], mapping, event.anchor))
                if len(self.open) > DEPTH:
                    self.problems.add(self._place(event), f"more than {DEPTH} levels of nesting")
                    return None
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                place, members, mapping, anchor = self.open.pop()
                self._add(self._named(self._closed(place, members, mapping), anchor))
        return self.root

    def _named(self, node: Node, anchor: str | None) -> Node:
        if anchor and self.anchors is not None:
            self.anchors[anchor] = node
        return node

    def _events(self) -> Iterator[Any]:
        for event in yaml.parse(self.text, Loader=LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self.problems.add(self._place(event), "a second YAML document: only one counts")
                    return
            anchor = getattr(event, "anchor", None)
            if self.anchors is not None:
                if isinstance(event, yaml.AliasEvent):
                    self._add(self._alias(event))
                    continue
            elif anchor and isinstance(event, yaml.AliasEvent):
                message = (
                    f"*{anchor}: Azure Pipelines has no YAML anchors. Use a template or parameter"
                )
                self.problems.add(self._place(event), message)
                self._add(Scalar("", self._place(event)))
                continue
            elif anchor:
                message = (
                    f"&{anchor}: Azure Pipelines has no YAML anchors. Use a template or parameter"
                )
                self.problems.add(self._place(event), message)
            yield event

    def _alias(self, event: yaml.AliasEvent) -> Node:
        """What an alias stands for. An anchor counts from its node's end on: none holds itself."""
        assert self.anchors is not None
        anchor = event.anchor or ""
        if anchor not in self.anchors:
            self.problems.add(self._place(event), f"*{anchor}: there is no such anchor above")
        return self.anchors.get(anchor) or Scalar("", self._place(event))

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _scalar(self, event: Any) -> Scalar:
        indent, folded = 0, None
        first_line = event.start_mark.line
        quoted = event.style in ("'", '"')
        place, plain = self._place(event), not event.style
        if event.style in ("|", ">"):
            below = self._lines(first_line + 1, event)
            first = next((line for line in below if line.strip()), "")
            indent = len(first) - len(first.lstrip(" ")) + 1
            if event.style == ">" and first:
                folded = Folded(first_line + 2, tuple(below))
        elif plain and event.end_mark.line > first_line:
            first, *below = self._lines(first_line, event)
            column = event.start_mark.column
            folded = Folded(first_line + 1, (" " * column + first[column:], *below))
        return Scalar(
            event.value, place, quoted=quoted, block_indent=indent, plain=plain, folded=folded
        )

    def _lines(self, first: int, event: Any) -> list[str]:
        """From the one with this index to the event's last."""
        if self.lines is None:
            self.lines = _BREAK.split(self.text)
        return self.lines[first : event.end_mark.line + 1]

    def _add(self, node: Node) -> None:
        if self.open:
            self.open[-1][1].append(node)
        else:
            self.root = self.root or node

    def _closed(self, place: Place, members: list[Node], mapping: bool) -> Node:
        if not mapping:
            return Sequence(members, place)
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(members[::2], members[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.problems.add(key.place, f"a key has to be a text, not {kind_of(key)}")
                continue
            lower = key.text.lower()
            if lower in seen and not lower.lstrip().startswith("${{"):
                first = seen[lower].place
                self.problems.add(key.place, f"{key.text} is there already, in line {first.line}")
                continue
            seen[lower] = key
            entries.append((key, value))
        return Mapping(entries, place)
