"""What stands within a line of Markdown."""

from __future__ import annotations

import html
import re
import string

from modelyard.local.runner.report.html import Html, join, outside_link, tag, text

LONGEST = 20_000
"""Characters of a paragraph that are read as Markdown; a longer one is text."""
_DEEPEST = 6
_LINK = re.compile(
    r"\(\s*(?:<([^<>\n]*)>|([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)"
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PLAIN = re.compile(r"[^\\`*_~<&!\[]+")
_TICKS = re.compile(r"`+")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = {"**": "strong", "__": "strong", "~~": "del", "*": "em", "_": "em"}


def inline(source: str, depth: int = 0) -> Html:
    """A paragraph, a heading or a cell."""
    if len(source) > LONGEST or depth > _DEEPEST:
        return text(source)
    return _Reader(source, depth).read()


class _Reader:
    """Reads one text from the left to the right, in a time that grows with its length only: what
    was once looked for in vain isn't looked for again."""

    def __init__(self, source: str, depth: int) -> None:
        self._source = source
        self._depth = depth
        self._missing: set[str] = set()
        """Ends that don't come any more."""
        self._brackets: dict[int, int] | None = None

    def read(self) -> Html:
        """All of it."""
        parts: list[Html] = []
        at = 0
        while at < len(self._source):
            part, at = self._next(at)
            parts.append(part)
        return join(parts)

    def _next(self, at: int) -> tuple[Html, int]:
        source, one = self._source, self._source[at]
        if found := _PLAIN.match(source, at):
            return text(found[0]), found.end()
        following = source[at + 1 : at + 2]
        if one == "\\" and following == "\n":
            return tag("br"), at + 2
        if one == "\\" and following and following in string.punctuation:
            return text(following), at + 2
        if one == "&" and (found := _ENTITY.match(source, at)):
            return text(html.unescape(found[0])), found.end()
        return (
            self._code(at)
            or self._element(at)
            or self._linked(at)
            or self._emphasis(at)
            or (text(one), at + 1)
        )

    def _find(self, end: str, at: int) -> int:
        """Where a text comes next; -1 where it doesn't."""
        place = -1 if end in self._missing else self._source.find(end, at)
        if place < 0:
            self._missing.add(end)
        return place

    def _code(self, at: int) -> tuple[Html, int] | None:
        if self._source[at] != "`":
            return None
        ticks = _TICKS.match(self._source, at)
        assert ticks is not None
        count = len(ticks[0])
        key = f"ticks {count}"
        if key not in self._missing:
            for end in _TICKS.finditer(self._source, ticks.end()):
                if len(end[0]) == count:
                    return _code_span(self._source[ticks.end() : end.start()]), end.end()
            self._missing.add(key)
        return text(ticks[0]), ticks.end()

    def _element(self, at: int) -> tuple[Html, int] | None:
        """The few pieces of HTML that mean something here."""
        source = self._source
        if source[at] != "<":
            return None
        if source.startswith("<code>", at) and (end := self._find("</code>", at)) >= 0:
            # Within it everything but backslashes and entities is text, as in summary.escape.
            bare = _ESCAPED.sub(r"\1", source[at + len("<code>") : end])
            return tag("code", html.unescape(bare)), end + len("</code>")
        if source.startswith("<!--", at) and (end := self._find("-->", at + 4)) >= 0:
            return Html(""), end + len("-->")
        if found := _BREAK.match(source, at):
            return tag("br"), found.end()
        if found := _AUTOLINK.match(source, at):
            return outside_link(found[1], found[1]), found.end()
        return None

    def _linked(self, at: int) -> tuple[Html, int] | None:
        """``[text](url)``; of a picture only what it says: nothing is loaded from elsewhere."""
        source = self._source
        picture = source.startswith("![", at)
        if not picture and source[at] != "[":
            return None
        if self._brackets is None:
            self._brackets = _pairs(source)
        start = at + picture
        end = self._brackets.get(start, -1)
        found = _LINK.match(source, end + 1) if end >= 0 else None
        if found is None:
            return None
        shown = inline(source[start + 1 : end], self._depth + 1)
        if picture:
            return shown, found.end()
        url = html.unescape(_ESCAPED.sub(r"\1", found[1] or found[2] or ""))
        return outside_link(url, shown), found.end()

    def _emphasis(self, at: int) -> tuple[Html, int] | None:
        source = self._source
        for mark, name in _MARKS.items():
            if not source.startswith(mark, at):
                continue
            start = at + len(mark)
            within_word = mark[0] == "_" and at > 0 and source[at - 1].isalnum()
            if within_word or start >= len(source) or source[start].isspace():
                continue
            end = self._emphasis_end(start, mark)
            if end > start:
                return tag(name, inline(source[start:end], self._depth + 1)), end + len(mark)
        return None

    def _emphasis_end(self, at: int, mark: str) -> int:
        """Where the same mark stands behind something, and not within a word where it is ``_``."""
        key = f"end {mark}"
        end = -1 if key in self._missing else self._source.find(mark, at)
        while end >= 0:
            behind = self._source[end + len(mark) : end + len(mark) + 1]
            before = self._source[end - 1]
            inside_word = mark[0] == "_" and behind.isalnum()
            if before != "\\" and not before.isspace() and not inside_word:
                return end
            end = self._source.find(mark, end + 1)
        self._missing.add(key)
        return -1


def _code_span(inside: str) -> Html:
    inside = inside.replace("\n", " ")
    if inside.startswith(" ") and inside.endswith(" ") and inside.strip():
        inside = inside[1:-1]
    return tag("code", inside)


def _pairs(source: str) -> dict[int, int]:
    """Where each bracket ends."""
    found: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    while at < len(source):
        one = source[at]
        if one == "\\":
            at += 1
        elif one == "[":
            opened.append(at)
        elif one == "]" and opened:
            found[opened.pop()] = at
        at += 1
    return found
