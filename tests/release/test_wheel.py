"""The wheel holds the library, all of it and nothing else."""

from __future__ import annotations

import configparser
import re
from email import message_from_bytes
from pathlib import Path

import pytest
from release.refusal import Refused

from release import wheel
from release_clone import NOW, Clone

INFO = f"modelyard-{NOW}.dist-info"


def test_it_holds_what_git_has(released) -> None:
    tracked = released.clone.git("ls-files", "shared/modelyard").split()
    held = {name for name in released.wheel if not name.startswith(INFO)}
    assert held == {one.removeprefix("shared/") for one in tracked}
    assert {name.removeprefix(f"{INFO}/") for name in released.wheel if name not in held} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
        "top_level.txt",
    }


def test_its_metadata(released) -> None:
    metadata = message_from_bytes(released.wheel[f"{INFO}/METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("modelyard", NOW)
    assert metadata["License-Expression"] or metadata["License"] == "Apache-2.0"
    core = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]
    assert {re.split(r"[<>=]", one)[0] for one in core} == {"azure-identity", "PyYAML", "requests"}
    points = configparser.ConfigParser()
    points.read_string(released.wheel[f"{INFO}/entry_points.txt"].decode())
    assert dict(points["console_scripts"]) == {"modelyard": "modelyard.cli:main"}


def test_a_file_that_setup_cfg_leaves_out(clone: Clone, tmp_path: Path) -> None:
    (clone.path / "shared/modelyard/table.json").write_text("{}")
    with pytest.raises(Refused, match=r"lacks modelyard/table\.json(.|\n)*package_data"):
        wheel.build(clone.path, tmp_path, 0)


def test_a_build_that_fails(clone: Clone, tmp_path: Path) -> None:
    clone.edit("setup.cfg", r"^version = .*", "version = file: nowhere.txt")
    clone.edit("setup.cfg", r"^name = .*", "name = not a name!")
    with pytest.raises(Refused, match="the wheel can't be built:"):
        wheel.build(clone.path, tmp_path, 0)
    assert list(tmp_path.glob("*.whl")) == []


def test_a_folder_of_modules_that_is_no_package(clone: Clone, tmp_path: Path) -> None:
    (clone.path / "shared/modelyard/tables").mkdir()
    (clone.path / "shared/modelyard/tables/table.py").write_text("")
    with pytest.raises(Refused, match=r"lacks modelyard/tables/table\.py(.|\n)*__init__\.py"):
        wheel.build(clone.path, tmp_path, 0)
