"""What the tests of the wrappers share: a checkout, a warm tool cache, a local cloud, a project."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from local.test_databricks_cli_operation import make_wheel
from modelyard import operations
from modelyard.local.cloud.cloud import SERVICES, LocalCloud
from modelyard.local.runner.job import Job, start_job
from modelyard.local.runner.predefined_variables import Build, Folders
from parity import scenario
from parity.checkout import copy_checkout
from parity.scenario import Project
from parity.ways import NewPlace, Place
from task_folders import NewTask, write_task

WHEELS = Path(os.environ.get("MODELYARD_WHEELS", "/nowhere"))
DIGEST_KEY = os.urandom(32)
"""One for all clouds of this run, so that their logs can be compared."""


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare checkout of this repository."""
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def tools(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tool cache with the private environments: made once, from the package index."""
    cache = tmp_path_factory.mktemp("tools")
    one_of_each = {operations.load(name).extra: name for name in operations.NAMES}
    for name in one_of_each.values():
        done = subprocess.run(
            ["node", str(checkout / "actions" / name / "main.js")],
            env={
                **os.environ,
                "GITHUB_ACTIONS": "true",
                "GITHUB_OUTPUT": str(cache / "output"),
                "RUNNER_TOOL_CACHE": str(cache),
            },
            cwd=cache,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 2, done.stdout + done.stderr  # its inputs are missing
    return cache


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of the scenario."""
    assert (WHEELS / ".complete").is_file(), "MODELYARD_WHEELS names no folder of wheels"
    return scenario.write_project(tmp_path_factory.mktemp("project"), WHEELS)


@pytest.fixture(scope="session")
def new_place(checkout: Path, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> NewPlace:
    """Makes a place with these files in a cloud of its own, for as long as a block runs."""
    wheels = tmp_path_factory.mktemp("wheels")
    make_wheel(wheels)

    @contextmanager
    def new(files: Path, services: Sequence[str] = SERVICES) -> Iterator[Place]:
        folder = tmp_path_factory.mktemp("cloud")
        with LocalCloud(folder, services=services, digest_key=DIGEST_KEY) as cloud:
            yield Place(
                cloud=cloud,
                files=files,
                folder=tmp_path_factory.mktemp("place"),
                tools=_with_environments_of(tools, tmp_path_factory.mktemp("own-tools")),
                checkout=checkout,
                secrets={
                    "databricks-token": cloud.environment["DATABRICKS_TOKEN"],
                    "parity-secret": scenario.SECRET,
                    "wrong-token": "wrong-token-1234",
                    **{
                        name.lower().replace("_", "-"): cloud.environment[name]
                        for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
                    },
                },
                extra={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)},
            )
            failures = cloud.failures
        assert failures == []

    return new


def _with_environments_of(tools: Path, own: Path) -> Path:
    """A tool cache with the same private environments, and nothing else that operations keep."""
    (own / "modelyard").mkdir()
    for path in (tools / "modelyard").iterdir():
        (own / "modelyard" / path.name).symlink_to(path)
    return own


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with nothing of this process's environment but PATH."""
    return start_job(
        Folders(tmp_path / "work", tmp_path / "tools"),
        Build(),
        inherited={"PATH": os.environ["PATH"]},
    )


@pytest.fixture
def new_task(tmp_path: Path) -> NewTask:
    """Writes a task's folder and reads it."""
    return partial(write_task, tmp_path / "task")
