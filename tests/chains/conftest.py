"""What all chains share."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains import example_runs
from chains.example_runs import ROOT


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tool cache with what the launcher makes, once for all chains."""
    return example_runs.warm(tmp_path_factory.mktemp("tools"), ROOT)
