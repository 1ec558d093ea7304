"""The real library with its real packages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from launcher.workplace import Workplace

LARGEST = 35_000_000  # bytes of the environment of a Databricks operation


def test_an_operation_runs_in_it(real: Workplace) -> None:
    done = real.run()
    assert done.returncode == 2
    assert "error: no cluster is named" in done.stdout + done.stderr
    (made,) = real.environments
    size = sum(path.lstat().st_size for path in made.rglob("*") if path.is_file())
    assert size < LARGEST, f"{size / 1e6:.1f} MB"
    assert not any((real.root / "home").rglob("*"))


@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode != 0,
    reason="a name space without a network needs root",
)
def test_the_second_start_needs_no_network(real: Workplace) -> None:
    real.run()
    alone = (shutil.which("unshare") or "", "--net")
    done = real.run(before=alone)
    assert done.returncode == 2
    assert "modelyard: made" not in done.stdout


def test_its_packages_can_be_imported(real: Workplace) -> None:
    real.run()
    (made,) = real.environments
    python = Path(made, "bin", "python")
    subprocess.run([python, "-I", "-c", "import azure.identity, requests, yaml"], check=True)
