from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.ci.disarming import disarm
from unit.ci import agents

PIECES = st.sampled_from(
    [
        "##vso[", "##[", "#", "##", "vso[", "VSO[", "task.setvariable variable=x;issecret=true]",
        "task.setsecret]", "artifact.upload ", "section]", "add-mask]", "]", "::", ":", "add-mask",
        "set-output name=x", "SET-ENV name=PATH", "stop-commands", "error", " ", "\t", "\r", "\n",
        "\r\n", "\u2028", "\x85", "\x0b", "\x1c", "\x00", "\x1b[31m", "\x1b", "\u200b", "\u00ad",
        "\ufeff", "\u034f", "\u2060", "value", "%0A", "%0D",
    ]
)  # fmt: skip
REMOTE = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=60))
ATTACKS = (
    "##vso[task.setvariable variable=path]/tmp/evil",
    "harmless words ##vso[task.setsecret]a",
    "##VSO[task.complete result=Succeeded]done",
    "###vso[task.setvariable variable=x]y",
    "##\x00vso[task.setvariable variable=x]y",
    "::add-mask::e",
    "  \t::set-env name=PATH::/tmp/evil",
    "::ADD-MASK::e",
    "first\r::add-mask::e",
    "first\r\n::stop-commands::x",
    "::error file=a.py,line=1::not ours",
    "##[add-mask]e",
    ":\x00:add-mask::e",
    "\u200b::add-mask::e",
    "progress 10 %\r##vso[task.setvariable variable=x]y",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_line_of_an_attack_is_a_command_any_more(attack: str) -> None:
    shown = disarm(attack)

    assert agents.azure_commands(shown) == []
    assert agents.github_commands(shown) == []
    assert agents.azure_formats(shown) == []


def test_the_recogniser_takes_armed_attacks_for_commands() -> None:
    assert [one.name for one in agents.azure_commands(ATTACKS[1])] == ["task.setsecret"]
    assert [one.name for one in agents.github_commands("first\r::add-mask::e")] == ["add-mask"]
    assert [one.name for one in agents.github_commands("x ##[add-mask]e")] == ["add-mask"]


@pytest.mark.parametrize(
    "unseen",
    [
        "\u00ad", "\u034f", "\u061c", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u180b", "\u180f",
        "\u200b", "\u200f", "\u202a", "\u202e", "\u2060", "\u206f", "\u3164", "\ufe00", "\ufe0f",
        "\ufeff", "\uffa0", "\ufff0", "\ufffb",
    ],
    ids=lambda one: f"U+{ord(one):04X}",
)  # fmt: skip
def test_a_character_that_nobody_sees_hides_no_command(unseen: str) -> None:
    assert disarm(f"{unseen}::error::x") == f"{unseen}: :error::x"
    assert disarm(f":{unseen}:error::x") == f": {unseen}:error::x"


@given(REMOTE)
@example("#\x00#vso[task.setsecret]x")
@example("\x1b[31m::error::red")
def test_nothing_that_is_shown_is_a_command(text: str) -> None:
    shown = disarm(text)

    assert agents.azure_commands(shown) == []
    assert agents.github_commands(shown) == []
    assert agents.azure_formats(shown) == []


@given(REMOTE)
def test_it_may_be_done_twice(text: str) -> None:
    once = disarm(text)

    assert disarm(once).rstrip("\n") == once.rstrip("\n")


@given(st.lists(st.sampled_from([*"abc xyz,.;%[](){}", "λ", "std::vector", "# a", "a:b"])))
def test_plain_text_stays_as_it_is(words: list[str]) -> None:
    text = "|".join(["", *words])

    assert disarm(text) == text


def test_it_stays_readable() -> None:
    assert disarm("##vso[task.setvariable variable=a]b") == "# #vso[task.setvariable variable=a]b"
    assert disarm("##VSO[task.complete]") == "# #VSO[task.complete]"
    assert disarm("::warning::disk is full") == ": :warning::disk is full"
    assert disarm("12:30:00 INFO a::b") == "12:30:00 INFO a::b"


def test_every_line_end_becomes_a_newline() -> None:
    assert disarm("a\r\nb\rc\u2028d\x0be") == "a\nb\nc\nd\ne"


def test_colours_stay_and_what_moves_the_cursor_goes() -> None:
    assert disarm("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"
    assert disarm("\x1b]0;title\x07\x1b[2Jx\x08") == "]0;title[2Jx"
    assert disarm("a\tb") == "a\tb"
