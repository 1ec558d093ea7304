"""The wheel holds the library, all of it and nothing else."""

from __future__ import annotations

import ast
import base64
import configparser
import csv
import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from release.refusal import Refused

from release import archive, wheel
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


def test_that_of_the_tasks_lacks_what_no_task_runs(released, tmp_path: Path) -> None:
    path = tmp_path / "task.whl"
    path.write_bytes(released.task_wheel)
    held = archive.read(path)
    assert {name for name in released.wheel if name not in held} == {
        name
        for name in released.wheel
        if name.startswith(("modelyard/local/", "modelyard/manifest/", "modelyard/project/"))
    }
    same = {name for name in held if not name.startswith(INFO)}
    assert {name: held[name] for name in same} == {name: released.wheel[name] for name in same}
    assert held[f"{INFO}/METADATA"] == released.wheel[f"{INFO}/METADATA"]
    assert b"\nBuild: 0task\n" in held[f"{INFO}/WHEEL"]
    rows = list(csv.reader(held[f"{INFO}/RECORD"].decode().splitlines()))
    assert sorted(row[0] for row in rows) == sorted(held)
    for name, digest, size in rows:
        if name != f"{INFO}/RECORD":
            found = base64.urlsafe_b64encode(hashlib.sha256(held[name]).digest()).decode()
            assert (digest, size) == (f"sha256={found.rstrip('=')}", str(len(held[name])))


def test_nothing_in_that_of_the_tasks_imports_what_it_lacks(released, tmp_path: Path) -> None:
    path = tmp_path / "task.whl"
    path.write_bytes(released.task_wheel)
    held = archive.read(path)
    lacking = {
        name
        for name, source in held.items()
        if name.endswith(".py")
        for imported in _imported(ast.parse(source))
        if f"{imported}.".startswith(
            ("modelyard.local.", "modelyard.manifest.", "modelyard.project.")
        )
    }
    # `modelyard local` and `modelyard generate`, which say so themselves.
    assert lacking == {"modelyard/cli.py"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN.format(str(path)), "local", "up"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "a task's own wheel has no `local`" in done.stderr


RUN = "import sys; sys.path.insert(0, {!r}); from modelyard.cli import main; sys.exit(main())"


def _imported(tree: ast.AST) -> Iterator[str]:
    """What a module imports of the library, also within functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name.startswith("modelyard"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelyard"):
            yield from (f"{node.module}.{one.name}" for one in node.names)


def test_its_metadata(released) -> None:
    metadata = message_from_bytes(released.wheel[f"{INFO}/METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("modelyard", NOW)
    assert metadata["License-Expression"] or metadata["License"] == "Apache-2.0"
    core = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]
    assert {re.split(r"[<>=]", one)[0] for one in core} == {
        *("azure-identity", "azure-keyvault-secrets", "PyYAML", "requests"),
    }
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
