"""The operation databricks-cli with a real pip and a real Databricks command line, against a local
cloud. What pip installs is a wheel made here: no package index is asked."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")
VERSION = "0.18.0"
REAL = Path(sys.executable).parent / "databricks"
"""databricks-cli of the environment that runs the tests."""


def make_wheel(folder: Path, says: str = VERSION) -> None:
    """A package of this name and version with a program that says a version."""
    info = f"databricks_cli-{VERSION}.dist-info"
    files = {
        "databricks_stand_in.py": f"def main():\n    print('Version {says}')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: databricks-cli\nVersion: {VERSION}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ndatabricks = databricks_stand_in:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"databricks_cli-{VERSION}-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


class Step:
    """Steps of one GitHub job: what the runner gives them and keeps of them."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self.files = {
            name: folder / name.lower()
            for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")
        }
        for file in self.files.values():
            file.touch()
        self.environment = {
            **environment,
            **{name: str(path) for name, path in self.files.items()},
            "PATH": "/usr/bin:/bin",
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(folder / "temp"),
            "RUNNER_TOOL_CACHE": str(folder / "tools"),
            "PIP_NO_INDEX": "1",
            "PIP_USER": "1",  # as some agents have it
            "PIP_FIND_LINKS": str(folder / "wheels"),
        }

    def run(self, *arguments: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        given = {f"INPUT_{name.upper().replace('_', '-')}": text for name, text in inputs.items()}
        return subprocess.run(
            [sys.executable, "-m", "modelyard", *arguments, "databricks-cli"],
            cwd=self.folder,
            env={**self.environment, **given},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def values(self, name: str) -> dict[str, str]:
        """What the runner reads from one of its files."""
        found: dict[str, str] = {}
        lines = iter(self.files[name].read_text(encoding="utf-8").splitlines())
        for line in lines:
            key, delimiter = line.split("<<")
            text: list[str] = []
            for part in lines:
                if part == delimiter:
                    break
                text.append(part)
            found[key] = "\n".join(text)
        return found


@pytest.fixture
def step(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Step:
    make_wheel(tmp_path / "wheels")
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    return Step(environment, tmp_path)


def test_later_steps_have_the_program_and_the_profiles(step: Step) -> None:
    token = step.environment["DATABRICKS_TOKEN"]
    step.environment["DEV_TOKEN"] = token
    host = step.environment["DATABRICKS_HOST"]
    profiles = json.dumps({"dev": {"host": host, "token-variable": "DEV_TOKEN"}})
    done = step.run("run", profiles=profiles)
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = step.values("GITHUB_OUTPUT")
    assert outputs["action"] == "installed"

    folder = Path(step.files["GITHUB_PATH"].read_text(encoding="utf-8").strip())
    said = subprocess.run([folder / "databricks", "--version"], capture_output=True, text=True)
    assert said.stdout.strip() == f"Version {VERSION}"

    variables = step.values("GITHUB_ENV")
    file = Path(variables["DATABRICKS_CONFIG_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token in file.read_text(encoding="utf-8")
    # The agent has to hear the secret once, to mask it; nobody else hears it.
    shown = "\n".join(
        line for line in done.stdout.splitlines() if not line.startswith("::add-mask::")
    )
    assert token not in shown + done.stderr
    assert not any(token in path.read_text(encoding="utf-8") for path in step.files.values())
    assert not (Path(step.environment["HOME"]) / ".databrickscfg").exists()

    later = {k: v for k, v in step.environment.items() if k != "DATABRICKS_TOKEN"}
    for options in ([], ["--profile", "dev"]):
        listed = subprocess.run(
            [REAL, "workspace", "ls", "/", *options],
            env={**later, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert listed.returncode == 0, listed.stdout + listed.stderr
        assert "Shared" in listed.stdout

    state = {f"STATE_{name}": text for name, text in step.values("GITHUB_STATE").items()}
    step.environment.update(state)
    released = step.run("release")
    assert released.returncode == 0, released.stdout
    assert not file.exists()


def test_the_next_job_finds_the_program(step: Step) -> None:
    first = step.run("run")
    assert first.returncode == 0, first.stdout + first.stderr
    (step.folder / "wheels" / f"databricks_cli-{VERSION}-py3-none-any.whl").unlink()
    second = step.run("run")
    assert second.returncode == 0, second.stdout + second.stderr
    assert step.values("GITHUB_OUTPUT")["action"] == "left-alone"


def test_pips_words_are_told_and_nothing_half_stays(step: Step) -> None:
    done = step.run("run", version="0.17.8")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "No matching distribution found for databricks-cli==0.17.8" in done.stdout
    tools = Path(step.environment["RUNNER_TOOL_CACHE"])
    assert [path for path in tools.rglob("*") if path.is_file()] == []
    assert step.files["GITHUB_PATH"].read_text(encoding="utf-8") == ""


def test_a_package_that_is_another_version_than_it_says_is_refused(step: Step) -> None:
    make_wheel(step.folder / "wheels", says="9.9.9")
    done = step.run("run")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "says '9.9.9'" in done.stdout


def test_two_jobs_at_once_both_get_it(step: Step) -> None:
    command = [sys.executable, "-m", "modelyard", "run", "databricks-cli"]
    processes = [
        subprocess.Popen(
            command,
            cwd=step.folder,
            env={**step.environment, "GITHUB_OUTPUT": os.devnull},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        texts = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0], texts
    folders = step.files["GITHUB_PATH"].read_text(encoding="utf-8").split()
    for folder in folders:
        said = subprocess.run([f"{folder}/databricks", "--version"], capture_output=True, text=True)
        assert said.stdout.strip() == f"Version {VERSION}"


def test_a_token_that_the_workspace_does_not_know_is_told(step: Step) -> None:
    step.environment["DATABRICKS_TOKEN"] = "a-made-up-token-that-nobody-knows"
    done = step.run("run")
    assert done.returncode in (10, 11), done.stdout + done.stderr
    assert not (Path(step.environment["RUNNER_TEMP"])).exists()
