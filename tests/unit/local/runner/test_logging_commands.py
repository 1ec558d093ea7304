from __future__ import annotations

import io
import sys
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.local.runner.logging_commands import Command, escape, parse, unescape
from modelyard.local.runner.output_lines import Lines


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("##vso[task.debug]x", Command("task", "debug", {}, "x")),
        ("text before ##vso[task.debug]x", Command("task", "debug", {}, "x")),
        ("##vso[Task.SetVariable Variable=a;isSecret=TRUE]b",
         Command("Task", "SetVariable", {"variable": "a", "issecret": "TRUE"}, "b")),
        ("##vso[a.b c=d=e;f=;=g;h]i", Command("a", "b", {"c": "d=e"}, "i")),
        ("##vso[a.b c==d]", Command("a", "b", {"c": "d"}, "")),
        ("##vso[.a..b.]c", Command("a", "b", {}, "c")),
        ("##vso[a.b c=%3B%5D%0D%0A%AZP25]%AZP250A",
         Command("a", "b", {"c": ";]\r\n%"}, "%0A")),
        ("##vso[a.b  c=d]", Command("a", "b", {" c": "d"}, "")),
        ("##vso\u200b[task.debug]x", Command("[task", "debug", {}, "x")),
    ],
)  # fmt: skip
def test_what_the_agent_takes_for_a_command(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "",
        "##VSO[task.debug]x",
        "##vso[task.debug x",
        "##vso[debug]x",
        "##vso[a.b.c]x",
        "# #vso[a.b]",
        "##vso[]",
        "##[error]x",
    ],
)
def test_what_it_does_not(line: str) -> None:
    assert parse(line) is None


def test_percents_stay_where_the_job_says_so() -> None:
    found = parse("##vso[a.b]%AZP25", decode_percents=False)
    assert found is not None
    assert found.data == "%AZP25"


@given(st.text())
def test_escaping_is_undone(text: str) -> None:
    assert unescape(escape(text)) == text


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_an_output_arrives_as_it_was_set(value: str, secret: bool) -> None:
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    with mock.patch.object(sys, "stdout", written):
        AzurePipelines({}).set_output("some-name", value, secret=secret)
        written.flush()
    assert isinstance(written.buffer, io.BytesIO)
    lines = [line.text for line in Lines().feed(written.buffer.getvalue())]
    commands = [command for line in lines if (command := parse(line)) is not None]
    assert len(commands) == len(lines)
    [output] = [one for one in commands if one.properties.get("variable") == "someName"]
    assert output.data == value
    assert output.flag("isoutput")
    assert output.flag("issecret") is secret
