"""What an environment is asked for. Building is in tests/local."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelyard.local.notebook.environments import InstallFailed, base_python, build


def test_nothing_asked_for_is_the_base(tmp_path: Path) -> None:
    assert build([], cache=tmp_path) == base_python() == Path(sys.executable)
    assert build(["", "  # only a comment"], cache=tmp_path) == base_python()
    assert list(tmp_path.iterdir()) == []


def test_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="--index-url is an option of pip, not a package"):
        build(["--index-url https://x.example y"], cache=tmp_path)


def test_missing_wheel_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match=r"no\.whl doesn't exist"):
        build([], cache=tmp_path, wheels=[tmp_path / "no.whl"])
