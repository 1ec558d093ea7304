"""The output of a run: decoded, redacted, bounded, divided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelyard.local.notebook.output import BoundedText, RunOutput, marker
from modelyard.local.notebook.redaction import REPLACEMENT, Redactor

NONCE = "0123abcd"


def take(blocks: list[bytes], *secrets: str) -> RunOutput:
    output = RunOutput(NONCE, Redactor(secrets))
    for block in blocks:
        output.feed(block)
    output.feed(b"", final=True)
    return output


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=7))
def test_any_bytes_in_any_pieces(content: bytes, size: int) -> None:
    pieces = [content[i : i + size] for i in range(0, len(content), size)]
    assert str(take(pieces).log) == content.decode("utf-8", "replace")


@given(st.integers(min_value=1, max_value=30))
def test_secrets_and_markers_across_pieces(size: int) -> None:
    secret = "s3cr3t-välue"
    text = f"before {secret}{marker(NONCE, 1)}one {secret}\n{marker(NONCE, 2)}two\n"
    content = text.encode()
    output = take([content[i : i + size] for i in range(0, len(content), size)], secret)
    assert str(output.log) == f"before {REPLACEMENT}one {REPLACEMENT}\ntwo\n"
    assert output.text_of(1) == f"one {REPLACEMENT}\n"
    assert output.text_of(2) == "two\n"
    assert output.text_of(3) == ""
    assert output.cell == 2


def test_secret_that_is_learnt_on_the_way() -> None:
    redactor = Redactor()
    output = RunOutput(NONCE, redactor)
    output.feed(b"reading\n")
    redactor.add(["longsecret"])
    output.feed(b"it is longsec")
    output.feed(b"ret!\n")
    output.feed(b"", final=True)
    assert str(output.log) == f"reading\nit is {REPLACEMENT}!\n"


def test_output_is_forwarded_without_secrets_and_markers() -> None:
    heard: list[str] = []
    output = RunOutput(NONCE, Redactor(["abcdef"]), heard.append)
    output.feed(f"{marker(NONCE, 1)}x abcdef y".encode(), final=True)
    assert "".join(heard) == f"x {REPLACEMENT} y"


def test_foreign_markers_are_text() -> None:
    assert marker("other", 1) in str(take([marker("other", 1).encode()]).log)


@given(st.lists(st.text(max_size=50), max_size=30))
def test_bounded_text_keeps_both_ends(pieces: list[str]) -> None:
    bounded = BoundedText(100)
    for piece in pieces:
        bounded.add(piece)
    whole = "".join(pieces)
    kept = str(bounded)
    if len(whole) <= 100:
        assert kept == whole
    else:
        gap = f"\n[... {len(whole) - 100} characters left out ...]\n"
        assert kept == whole[:25] + gap + whole[-75:]
