"""IPython syntax inside Python cells."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from modelyard.local.notebook.line_magics import CALL, expand, rewrite


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ("%pip install 'a>=1' b", [("pip", "install 'a>=1' b")]),
        ('x = 1\n!echo "it\'s"\ny = 2', [("!", 'echo "it\'s"')]),
        ("%pip install \\\n  a \\\n  b\nz = 1", [("pip", "install    a    b")]),
        ("if True:\n    %pip list\n    !ls (", [("pip", "list"), ("!", "ls (")]),
        ("%%time\nx = 1", [("time", "")]),
        ('!cat \'unclosed\n%run ./x $a="1"', [("!", "cat 'unclosed"), ("run", './x $a="1"')]),
        ("!grep 0x ''' \nx = 1", [("!", "grep 0x ''' ")]),
    ],
)
def test_magic_lines_become_calls_and_lines_stay(source: str, calls: list[tuple[str, str]]) -> None:
    written = rewrite(source)
    assert len(written.split("\n")) == len(source.split("\n"))
    found = [
        tuple(ast.literal_eval(argument) for argument in node.args)
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == CALL
    ]
    assert found == calls


@pytest.mark.parametrize(
    "source",
    [
        "x = ('%s'\n     % 1)",
        'text = """\n%pip install x\n!ls\n"""',
        "a = 7\nb = (a\n%a)",
        "x = 1",
        "",
    ],
)
def test_what_is_python_stays(source: str) -> None:
    assert rewrite(source) == source


def test_a_real_mistake_is_left_to_the_compiler() -> None:
    assert "x = = 1" in rewrite("%pip list\nx = = 1")
    assert rewrite("x = \0") == "x = \0"


def test_python_variables_in_arguments() -> None:
    names = {"n": 3, "p": Path("/a"), "flag": True, "frame": object()}
    assert expand("a-{n} $p $flag {frame} $HOME ${n}", names) == "a-3 /a $flag {frame} $HOME $3"
