from __future__ import annotations

import base64
import html
import json
import re
import string
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from modelyard.masking import LONGEST_BROKEN, MASK, Masker, forms, redact, too_short

SECRETS = st.text(min_size=4, max_size=40).filter(lambda text: len(text.strip()) >= 4)
LEAKS: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "JSON": lambda secret: json.dumps({"token": secret}),
    "JSON in JSON": lambda secret: json.dumps({"error": json.dumps({"token": secret})}),
    "JSON in JSON with its letters": lambda secret: json.dumps(
        {"error": json.dumps({"token": secret}, ensure_ascii=False)}, ensure_ascii=False
    ),
    "JSON with its letters": lambda secret: json.dumps({"token": secret}, ensure_ascii=False),
    "JSON in JSON, seen by a reader": lambda secret: json.loads(json.dumps(json.dumps([secret]))),
    "repr": lambda secret: f"InvalidHeader: {secret!r}",
    "repr in quotation marks": lambda secret: repr({"error": f'"{secret}"'}),
    "ascii": lambda secret: f"InvalidHeader: {secret!a}",
    "bytes": lambda secret: f"InvalidHeader: {secret.encode()!r}",
    "bytes in quotation marks": lambda secret: repr(f'{{"token": "{secret}"}}'.encode()),
    "bytes of JSON": lambda secret: repr(json.dumps([secret], ensure_ascii=False).encode()),
    "query": lambda secret: "https://x/?" + urllib.parse.urlencode({"token": secret}),
    "path": lambda secret: "https://x/" + urllib.parse.quote(secret),
    "lower-case escapes": lambda secret: re.sub(
        "%[0-9A-F]{2}", lambda found: found[0].lower(), urllib.parse.quote(secret, safe="")
    ),
    "encodeURIComponent": lambda secret: urllib.parse.quote(secret, safe="!'()*"),
    "XML": html.escape,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "quoted by backslashes": lambda secret: re.sub(
        "[^A-Za-z0-9_./:=@%+#~-]", r"\\\g<0>", secret
    ),
    "in quotation marks of a shell": lambda secret: re.sub(r'[$`"\\]', r"\\\g<0>", secret),
    "base64 of UTF-16": lambda secret: base64.b64encode(secret.encode("utf-16-le")).decode(),
    "base64 without padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
}  # fmt: skip


def clean(secret: str, text: str) -> str:
    masker = Masker()
    masker.add(secret)
    return masker.clean(text)


@pytest.mark.parametrize("way", LEAKS)
@given(secret=SECRETS)
@example(secret="pa%ss/wo rd+ü\"'&<")
@example(secret="back\\slash")
def test_a_secret_leaves_in_no_form(way: str, secret: str) -> None:
    leak = LEAKS[way](secret)
    cleaned = clean(secret, f"before {leak} after")

    assert MASK in cleaned
    # A secret of blanks and stars could stand in what is around it.
    assume(secret not in 'before  after *** https://x/?token= {["token": ""]} InvalidHeader')
    assert secret not in cleaned
    assert leak not in cleaned


@given(
    secret=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=8),
    user=st.text(st.characters(codec="ascii", exclude_categories=["Cc"])),
)
def test_base64_of_a_longer_text_shows_nothing_of_the_middle(secret: str, user: str) -> None:
    assume(len(secret.strip()) >= 8)
    header = base64.b64encode(f"{user}:{secret}".encode()).decode()
    cleaned = clean(secret, header)

    # At most the characters that a neighbour shares are left: two at the start, four at the end.
    kept = len(cleaned.replace(MASK, ""))
    assert MASK in cleaned
    assert kept <= len(base64.b64encode(f"{user}:".encode())) + 4


@pytest.mark.parametrize("width", [60, 64, 76])
@pytest.mark.parametrize("size", [8, 20, 40, 84, LONGEST_BROKEN])
def test_base64_in_lines_of_a_longer_text_shows_no_two_groups(size: int, width: int) -> None:
    secret = (string.ascii_letters * 5)[:size]
    masker = Masker()
    masker.add(secret)
    for length in range(width):  # so that a line ends everywhere in it
        before, text = f"{'0' * length}:", f"{'0' * length}:{secret}"
        whole = base64.b64encode(text.encode()).decode()
        first = -(-len(before) // 3) * 4  # the groups in which nothing else is
        last = len(text) // 3 * 4
        for start in range(0, len(whole), width):
            line = masker.clean(whole[start : start + width])
            for at in range(max(start, first), min(start + width, last) - 7, 4):
                assert whole[at : at + 8] not in line


@given(lines=st.lists(SECRETS, min_size=1, max_size=5))
def test_each_line_of_a_secret_is_masked_alone(lines: list[str]) -> None:
    secret = "\n".join(lines)

    for line in secret.splitlines():
        if len(line.strip()) >= 4:
            assert MASK in clean(secret, f"> {line} <")


def test_what_overlaps_is_masked_whole() -> None:
    masker = Masker()
    masker.add("abcdefgh")
    masker.add("ghijkl")

    assert masker.clean("x abcdefghijkl x") == "x *** x"
    assert masker.clean("abcdefghghijkl") == "***"


def test_a_longer_secret_wins_over_one_inside_it() -> None:
    masker = Masker()
    masker.add("word")
    masker.add("password1")

    assert masker.clean("password1 word") == "*** ***"


def test_lines_under_four_characters_are_left_and_counted() -> None:
    assert clean("abc", "abc") == "abc"
    assert clean("ab\nlonger\n\nx", "ab longer x") == "ab *** x"
    assert too_short("ab\nlonger\n\nx") == 2
    assert too_short("longer") == 0


def test_forms_come_longest_first_and_once() -> None:
    found = forms("a token with ümlaut")

    assert len(found) == len(set(found))
    assert list(found) == sorted(found, key=lambda form: (-len(form), form))


def test_redact_takes_several_secrets_out() -> None:
    assert redact("one-secret and two-secret", ["one-secret", "two-secret"]) == "*** and ***"
    assert redact("nothing", []) == "nothing"
    assert redact("nothing", [""]) == "nothing"
