"""Importing a folder of notebooks: `notebooks-import` beside `databricks workspace import_dir`.

Both run against one local cloud in which every request takes 40 ms longer, about what a workspace
in the same country adds. Prints the seconds of each and their ratio.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment
from modelyard.local.cloud.faults import Rule

NOTEBOOKS = 60
DELAY = 0.04


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "notebooks"
        for number in range(NOTEBOOKS):
            path = source / f"folder{number % 6}" / f"notebook{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# Databricks notebook source\nprint({number})\n")
        with LocalCloud(Path(temporary) / "state", services=("entra", "databricks")) as cloud:
            cloud.faults.add(Rule(action="delay", seconds=DELAY, path="/api/*", times=None))
            environment = program_environment(cloud.environment)
            ours = [sys.executable, "-m", "modelyard", "notebooks-import", f"--source={source}"]
            theirs = [str(Path(sys.executable).with_name("databricks")), "workspace", "import_dir"]
            first = seconds([*ours, "--target=/Shared/ours"], environment)
            again = seconds([*ours, "--target=/Shared/ours"], environment)
            peer = seconds([*theirs, "--overwrite", str(source), "/Shared/theirs"], environment)
            peer_again = seconds(
                [*theirs, "--overwrite", str(source), "/Shared/theirs"], environment
            )
    print(f"{NOTEBOOKS} notebooks in 6 folders, {DELAY * 1000:.0f} ms a request")
    print("                       first   again, nothing changed")
    print(f"databricks import_dir {peer:6.2f} s {peer_again:6.2f} s")
    print(f"notebooks-import      {first:6.2f} s {again:6.2f} s")
    print(f"ratio                 {peer / first:6.1f}   {peer_again / again:6.1f}")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """How long a command takes, its start included."""
    start = time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
