"""Running the text of a Python cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.local.notebook.python_cell import run


@pytest.fixture
def loop() -> Any:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def execute(source: str, loop: Any, namespace: dict[str, Any] | None = None) -> list[object]:
    shown: list[object] = []
    event_loop: Callable[[], Any] = lambda: loop  # noqa: E731
    run(source, "<cell>", {} if namespace is None else namespace, shown.append, event_loop)
    return shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("x = 2\nx * 3", [6]),
        ("2;", []),
        ("2 ; # comment", []),
        ("None", []),
        ("x = 2", []),
        ("", []),
        ("# only a comment", []),
        ("'a;'", ["a;"]),
        ("for i in range(2):\n    i", []),
        ("import asyncio\nawait asyncio.sleep(0, 'awaited')", ["awaited"]),
        ("async def f():\n    return 1\nx = await f()\nx", [1]),
    ],
)
def test_last_expression_is_shown(source: str, shown: list[object], loop: Any) -> None:
    assert execute(source, loop) == shown


def test_names_stay_for_the_next_cell(loop: Any) -> None:
    namespace: dict[str, Any] = {}
    execute("def double(x):\n    return x * factor\nfactor = 2", loop, namespace)
    assert execute("double(4)", loop, namespace) == [8]


def test_future_imports_of_the_runtime_are_not_inherited(loop: Any) -> None:
    assert execute("def f(a: int) -> int: ...\nf.__annotations__['a'] is int", loop) == [True]


def test_syntax_error_names_the_line(loop: Any) -> None:
    with pytest.raises(SyntaxError) as caught:
        execute("x = 1\n\ny = = 2", loop)
    assert (caught.value.filename, caught.value.lineno) == ("<cell>", 3)
