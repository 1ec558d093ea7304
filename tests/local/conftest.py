"""A whole local cloud for tests with real clients.

A module may say which services it needs: ``CLOUD_SERVICES = ("entra", "arm")`` starts only these.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelyard
from modelyard.local.cloud.cloud import SERVICES, LocalCloud
from modelyard.local.cloud.environment import program_environment


@pytest.fixture(scope="module")
def cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalCloud]:
    """A local cloud in this process, on a free port; one for each test module.

    The module fails when a handler of the cloud has crashed, even where a client got over it.
    """
    services = getattr(request.module, "CLOUD_SERVICES", SERVICES)
    with LocalCloud(tmp_path_factory.mktemp("cloud"), services=services) as running:
        yield running
        failures = running.failures
    assert failures == []


@pytest.fixture(scope="module")
def cloud_environment(cloud: LocalCloud) -> dict[str, str]:
    """The whole environment of a program that uses the cloud: ``subprocess.run(env=...)``."""
    return program_environment(cloud.environment)


@pytest.fixture(scope="session")
def library_path() -> dict[str, str]:
    """An environment for ``python -m modelyard...``: this process's, where modelyard is found."""
    root = str(Path(modelyard.__file__).parents[1])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
    }


@pytest.fixture
def inside_cloud(cloud_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """This process is such a program for the time of one test."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(cloud_environment)
    yield cloud_environment
    os.environ.clear()
    os.environ.update(before)
