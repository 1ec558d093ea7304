from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Bench


def test_each_is_a_miss_which_later_steps_see(bench: Bench) -> None:
    bench.run("Cache@2", {"key": "a | b", "path": "kept", "cacheHitVar": "isThere"})
    assert bench.variable("isThere") == "false"
    assert any("a miss" in line for line in bench.lines)
    assert not (bench.sources / "kept").exists()
