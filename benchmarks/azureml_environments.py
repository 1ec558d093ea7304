"""The environments of Azure ML's two SDKs: how long pip takes to make each, and how large they are.

Each is made three times, in turns, without a cache, from its lock file with hashes, on a Python
that both run on (3.10 or 3.11). Needs a package index, two gigabytes of disk, and some minutes. An
argument says how many turns instead. The size is what an environment has beyond an empty one.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETS = {"v2: azure-ai-ml": "azureml-sdk", "v1: azureml-pipeline": "azureml-v1-sdk"}
PYTHONS = ("python3.11", "python3.10")
TURNS = 3
MEGABYTE = 1024 * 1024


def main(turns: int) -> None:
    base = next(filter(None, map(working, PYTHONS)), None)
    if base is None:
        sys.exit("no Python 3.10 or 3.11 on PATH: SDK v1 runs on no other")
    taken: dict[str, list[float]] = {name: [] for name in SETS}
    sizes: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        empty = new(base, place / "empty")
        for _ in range(turns):
            for name, lock in SETS.items():
                folder = new(base, place / "environment")
                taken[name].append(install(folder, lock))
                sizes[name] = size(folder) - size(empty)
                shutil.rmtree(folder)
    print(f"{'':24}{'median s':>10}{'fastest s':>11}{'MB':>8}")
    for name in SETS:
        median, least = statistics.median(taken[name]), min(taken[name])
        print(f"{name:24}{median:10.1f}{least:11.1f}{sizes[name]:8.0f}")


def working(name: str) -> str | None:
    """Its path, if it really runs."""
    path = shutil.which(name)
    if (
        path is None
        or subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode
    ):
        return None
    return path


def new(base: str, folder: Path) -> Path:
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def install(folder: Path, lock: str) -> float:
    """Seconds."""
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"]
    listed = ROOT / "requirements" / f"{lock}.txt"
    started = time.monotonic()
    subprocess.run(
        [*pip, "-q", "--no-cache-dir", "--require-hashes", "--requirement", listed],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return time.monotonic() - started


def size(folder: Path) -> float:
    """Megabytes, links not followed."""
    found = (path.lstat().st_size for path in folder.rglob("*"))
    return sum(found) / MEGABYTE


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TURNS)
