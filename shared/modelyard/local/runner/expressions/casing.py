"""Upper and lower case, order and blanks as .NET has them, which evaluates real pipelines.

"Ordinal ignore-case" (learn.microsoft.com, ``pipelines/process/expressions``) means: each character
by itself to upper case, without regard to language, then by the numbers of UTF-16.
"""

from __future__ import annotations

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What ``trim`` removes: ``Char.IsWhiteSpace``. Python also counts U+001C to U+001F."""


def upper(text: str) -> str:
    """Upper case, character by character: no text changes its length."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Lower case, character by character."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def order(text: str) -> bytes:
    """A key that sorts texts without regard to case."""
    return upper(text).encode("utf-16-be", "surrogatepass")


def length(text: str) -> int:
    """How long .NET takes a text to be: characters beyond U+FFFF count twice."""
    return len(text) + sum(character > "\uffff" for character in text) if text else 0


def trim(text: str) -> str:
    """Without blanks on either side."""
    return text.strip(BLANKS)


def _upper(character: str) -> str:
    changed = character.upper()
    return changed if _simple(character, changed) else character


def _lower(character: str) -> str:
    changed = character.lower()
    return changed if _simple(character, changed) else character


def _simple(character: str, changed: str) -> bool:
    # A dotless i is no I outside Turkish, a long s no S: ASCII and the rest don't mix.
    return len(changed) == 1 and character.isascii() == changed.isascii()
