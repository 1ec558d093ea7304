"""tfx warns and leaves with 0; here that is a failure."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from release.refusal import Refused

from release import tfx

GOOD = {
    "id": "0f5cbd6c-6d0e-4bb8-a7ac-0d1e1cc1f000",
    "name": "Good",
    "friendlyName": "Good",
    "instanceNameFormat": "Good",
    "version": {"Major": 1, "Minor": 0, "Patch": 0},
    "execution": {"Node20_1": {"target": "main.js"}},
}
WRONG = {
    "no GUID": ({"id": ""}, "id is a required guid"),
    "a name with a blank": ({"name": "not good"}, "name is a required alphanumeric string"),
    "a long friendly name": ({"friendlyName": "x" * 41}, "friendlyName is a required string"),
    "no target": (
        {"execution": {"Node20_1": {"target": "gone.js"}}},
        "target references file that does not exist",
    ),
    "an old Node": ({"execution": {"Node10": {"target": "main.js"}}}, "end-of-life"),
}


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """The smallest extension."""
    stage = tmp_path / "stage"
    (stage / "Good").mkdir(parents=True)
    (stage / "Good" / "main.js").write_text("")
    contribution = {
        "id": "good",
        "type": "ms.vss-distributed-task.task",
        "targets": ["ms.vss-distributed-task.tasks"],
        "properties": {"name": "Good"},
    }
    manifest = {
        "manifestVersion": 1,
        "id": "x",
        "publisher": "OWNER",
        "version": "1.0.0",
        "name": "x",
        "categories": ["Azure Pipelines"],
        "targets": [{"id": "Microsoft.VisualStudio.Services"}],
        "files": [{"path": "Good"}],
        "contributions": [contribution],
    }
    (stage / "m.json").write_text(json.dumps(manifest))
    (stage / "Good" / "task.json").write_text(json.dumps(GOOD))
    return stage


def test_a_good_one_is_packed(stage: Path, tfx_command: Path, tmp_path: Path) -> None:
    tfx.create(tfx_command, stage, "m.json", tmp_path / "x.vsix")
    assert (tmp_path / "x.vsix").is_file()


@pytest.mark.parametrize("case", WRONG)
def test_a_warning_is_a_failure(case: str, stage: Path, tfx_command: Path, tmp_path: Path) -> None:
    changes, wanted = WRONG[case]
    (stage / "Good" / "task.json").write_text(json.dumps({**GOOD, **changes}))
    with pytest.raises(Refused, match=wanted):
        tfx.create(tfx_command, stage, "m.json", tmp_path / "x.vsix")
    assert not (tmp_path / "x.vsix").exists()


def test_a_contribution_without_a_task(stage: Path, tfx_command: Path, tmp_path: Path) -> None:
    (stage / "Good" / "task.json").unlink()
    with pytest.raises(Refused, match=r"'good' does not have a task\.json file"):
        tfx.create(tfx_command, stage, "m.json", tmp_path / "x.vsix")


def test_tfx_alone_only_warns(stage: Path, tfx_command: Path, tmp_path: Path) -> None:
    """Why all this: should it ever fail by itself, this can go."""
    (stage / "Good" / "task.json").write_text(json.dumps({**GOOD, "id": ""}))
    options = ["--no-prompt", "--manifests", "m.json", "--output-path", str(tmp_path / "x.vsix")]
    done = subprocess.run(
        [str(tfx_command), "extension", "create", *options],
        check=False,
        capture_output=True,
        text=True,
        cwd=stage,
    )
    assert done.returncode == 0
    assert (tmp_path / "x.vsix").is_file()


def fake(folder: Path, name: str, says: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def test_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"node isn't on PATH(.|\n)*install Node 20 or newer"):
        tfx.find(tmp_path)


def test_an_old_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", "node", "v18.20.1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(Refused, match=r"bin/node is v18.20.1"):
        tfx.find(tmp_path)


def test_no_tfx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path / "bin", "node", "v20.1.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(Refused, match=r"tfx isn't installed(.|\n)*npm ci --prefix tests/node"):
        tfx.find(tmp_path)
    with pytest.raises(Refused, match="nowhere isn't there"):
        tfx.find(tmp_path, tmp_path / "nowhere")


def test_the_one_of_the_tests_comes_before_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path / "bin", "node", "v20.1.0")
    fake(tmp_path / "bin", "tfx")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert tfx.find(tmp_path) == tmp_path / "bin" / "tfx"
    own = tmp_path / tfx.INSTALLED
    own.parent.mkdir(parents=True)
    fake(own.parent, "tfx")
    assert tfx.find(tmp_path) == own
