"""The forms a secret can leave in, and text without them."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator

SHORTEST = 4
"""Lines shorter than this aren't masked: they would black out half of every log."""
MASK = "***"
_LINE_END = re.compile(r"\r\n|\r|\n")
"""Where agents end a line; Python knows more places."""
_CODE = re.compile(r"\\u([0-9a-f]{4})")
_SPECIAL = re.compile(r"[^A-Za-z0-9_./:=@%+#~-]", re.ASCII)
"""What ``printf %q`` of bash puts a backslash before, of the characters of a line."""
_WIDTHS = (76, 64)
"""How long the lines of base64 are that ``base64`` writes, and those of PEM files."""
LONGEST_BROKEN = 256
"""Bytes of a secret that is masked in base64 of lines that begin anywhere. It takes a form for each
two bytes: a password, a token or a connection string is under this, a key file isn't."""
_JAVASCRIPT = "!'()*"
"""What ``encodeURIComponent`` leaves alone beside what Python does."""


def forms(secret: str) -> tuple[str, ...]:
    """Every text to mask for a secret, longest first.

    The whole, each line (agents mask line by line), and of each: JSON-escaped as Python, Go and
    .NET do it, JSON within a text of JSON, as Python's ``repr`` and ``ascii`` show it, its
    bytes and its JSON, quoted for a shell, XML-escaped, URL-encoded in every spelling, in
    hexadecimal, base64 in both alphabets with and without padding, in lines as the usual programs
    break them, and what base64 makes of it inside of a longer text (``user:secret``), also where
    that is broken into lines (up to LONGEST_BROKEN), and of its UTF-16 as PowerShell takes
    commands.

    What it can't be: a part of a line, such as a substring that a program cuts out; and what was
    otherwise encoded twice, compressed, encrypted or written in base32.
    """
    found: set[str] = set()
    may_be_broken = len(secret.encode(errors="replace")) <= LONGEST_BROKEN
    lines = {*secret.splitlines(), *_LINE_END.split(secret)}
    stripped = (line.strip() for line in lines)
    for part in {secret, secret.strip(), *lines, *stripped}:
        if len(part.strip()) >= SHORTEST:
            found |= {part, *_escaped(part), *_encoded(part)}
            if may_be_broken:
                found.update(_broken_anywhere(part))
    return _longest_first(found)


def too_short(secret: str) -> int:
    """How many non-empty lines of the secret are too short to be masked."""
    return sum(1 for line in secret.splitlines() if 0 < len(line.strip()) < SHORTEST)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every form of these secrets replaced."""
    return _without(text, {form for secret in secrets for form in forms(secret)})


class Masker:
    """Remembers secrets and takes them out of text."""

    def __init__(self) -> None:
        self._forms: frozenset[str] = frozenset()

    def add(self, secret: str) -> tuple[str, ...]:
        """Remember a secret; returns its forms."""
        added = forms(secret)
        self._forms |= frozenset(added)
        return added

    def clean(self, text: str) -> str:
        """The text with every form of every secret replaced."""
        return _without(text, self._forms)


def _escaped(part: str) -> Iterator[str]:
    yield from _json(part)
    for text in (part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1]):
        yield from _shown_by_python(text)  # such as the whole answer of a service, in JSON
    for quote in ("'\\''", "'\"'\"'", "''"):  # of a shell, of shlex, of YAML and PowerShell
        yield part.replace("'", quote)
    yield _SPECIAL.sub(r"\\\g<0>", part)  # of a shell without quotes, as printf %q has it
    yield re.sub(r'[$`"\\]', r"\\\g<0>", part)  # within its quotation marks
    for apostrophe in ("'", "&#x27;", "&#39;", "&apos;"):
        yield _xml(part).replace("'", apostrophe)
        yield _xml(part).replace('"', "&quot;").replace("'", apostrophe)
    for quoted in (
        urllib.parse.quote(part, safe="", errors="replace"),
        urllib.parse.quote(part, safe="/", errors="replace"),
        urllib.parse.quote(part, safe=_JAVASCRIPT, errors="replace"),
        urllib.parse.quote_plus(part, errors="replace"),
    ):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _shown_by_python(part: str) -> Iterator[str]:
    """As repr and ascii show a text, and as the bytes of it are printed. Within a longer text an
    apostrophe may have a backslash that it hasn't alone: a quotation mark beside it makes that."""
    raw = part.encode(errors="replace")
    for alone, beside in (
        (repr(part)[1:], repr(f'"{part}')[2:]),
        (ascii(part)[1:], ascii(f'"{part}')[2:]),
        (repr(raw)[2:], repr(b'"' + raw)[3:]),
    ):
        yield alone[:-1]
        yield beside[:-1]


def _json(part: str) -> Iterator[str]:
    for ascii_only in (True, False):
        text = json.dumps(part, ensure_ascii=ascii_only)[1:-1]
        yield text
        for outer in (True, False):  # an error that quotes another one, as Azure's do
            yield json.dumps(text, ensure_ascii=outer)[1:-1]
        for unsafe in ("<>&", "<>&'+`"):  # Go's; .NET's
            found = "".join(f"\\u{ord(one):04x}" if one in unsafe else one for one in text)
            yield found
            yield _CODE.sub(lambda code: "\\u" + code[1].upper(), found.replace('\\"', "\\u0022"))


def _xml(part: str) -> str:
    return part.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _encoded(part: str) -> Iterator[str]:
    raw = part.encode(errors="replace")
    yield raw.hex()
    yield raw.hex().upper()
    whole = base64.b64encode(raw).decode()
    for width in _WIDTHS:
        if len(whole) > width:
            broken = (whole[at : at + width] for at in range(0, len(whole), width))
            yield from (line for line in broken if len(line) > SHORTEST)  # else three bytes at most
    wide = part.encode("utf-16-le", errors="replace")  # PowerShell's -EncodedCommand
    for encode, of in (
        (base64.b64encode, raw),
        (base64.urlsafe_b64encode, raw),
        (base64.b64encode, wide),
    ):
        # Three bytes make four characters. What stands before the secret shifts it by one byte or
        # two, and the characters at both ends also hold bits of the neighbours: the rest is fixed.
        for shift in range(3):
            inner = of[shift : shift + (len(of) - shift) // 3 * 3]
            if len(inner) >= SHORTEST:
                yield encode(inner).decode()
            if len(of) - shift >= SHORTEST:  # the secret is the end of the text
                yield encode(of[shift:]).decode()
                yield encode(of[shift:]).decode().rstrip("=")


def _broken_anywhere(part: str) -> Iterator[str]:
    """Base64 in lines of a longer text (``user:secret``): where they end nobody knows, but never
    within a group of four characters. So groups are masked by two. Of two that a line's end parts,
    each shows three bytes; one alone would be too short to mask."""
    raw = part.encode(errors="replace")
    for before in range(3):  # bytes of something else in the first group
        text = base64.b64encode(bytes(before) + raw).decode()
        groups = [text[at : at + 4] for at in range(0, len(text), 4)]
        # The characters that hold bits of a neighbour aren't known.
        groups[0] = groups[0][(0, 2, 3)[before] :]
        groups[-1] = groups[-1][: (4, 1, 2)[(before + len(raw)) % 3]]
        for at in (*range(0, len(groups), 2), len(groups) - 2):
            pair = "".join(groups[at : at + 2])
            if len(pair) > SHORTEST:
                yield pair


def _without(text: str, unwanted: Iterable[str]) -> str:
    """Replace every stretch of text that unwanted forms cover, also where they overlap."""
    stretches: list[list[int]] = []
    for start, end in sorted(_places(text, unwanted)):
        if stretches and start <= stretches[-1][1]:
            stretches[-1][1] = max(stretches[-1][1], end)
        else:
            stretches.append([start, end])
    kept, last = [], 0
    for start, end in stretches:
        kept.append(text[last:start])
        last = end
    return MASK.join([*kept, text[last:]])


def _places(text: str, unwanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    for form in unwanted:
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = text.find(form, start + 1)


def _longest_first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda form: (-len(form), form)))
