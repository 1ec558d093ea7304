"""The pipeline of this example on this machine, against the local cloud. Started by ``make demo``.

Each command is shown as one would type it. The local cloud stays up afterwards.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from datasets import DATASETS, EXAMPLE, Dataset, example_with_wine
from run_figures import table

from modelyard.local.runner.results.folder import new_folder

CLONE = EXAMPLE.parents[1]
MODELYARD = (sys.executable, "-m", "modelyard")
WHEELS = Path(os.environ.get("MODELYARD_WHEELS") or CLONE / ".cache/wheels")
TOOLS = os.environ.get("AGENT_TOOLSDIRECTORY") or str(CLONE / ".cache/tools")
"""Where the tasks' private Python environments are kept from run to run."""


def main() -> int:
    """Run it; the exit code is that of the command that failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", choices=sorted(DATASETS), default="diabetes")
    parser.add_argument("--wine-csv", default="", help="path or URL of winequality-red.csv")
    parser.add_argument("--yes", action="store_true", help="approve the deployment to production")
    parser.add_argument("--output", type=Path, help="the folder of the run's results")
    options = parser.parse_args()
    dataset = DATASETS[options.dataset]
    if options.wine_csv and dataset.name != "wine":
        raise SystemExit("WINE_CSV is given without DATASET=wine")
    if not (WHEELS / ".complete").exists():
        raise SystemExit(f"{WHEELS} doesn't hold the packages of the image: `make demo` gets them")
    _check_node()
    with tempfile.TemporaryDirectory(prefix="modelyard-demo-") as scratch:
        wine = dataset.name == "wine"
        example = example_with_wine(Path(scratch), options.wine_csv) if wine else EXAMPLE
        command = _run_command(example, dataset, approves=options.yes or not _is_terminal())
        code = _cloud_up()
        if not code:
            results = options.output or new_folder(EXAMPLE.name, time.time())
            code = _called([*command, f"--output={results}"])
    if code:
        print("\nThe local cloud is left as it is; `make demo-stop` stops it.")
    else:
        print(f"\n{table(results)}")
        print(
            "All of it is in the report: `make demo-report`\n"
            "The local cloud stays up for you to try the endpoints; `make demo-stop` stops it."
        )
    return code


def _check_node() -> None:
    """The tasks are started by it."""
    if shutil.which("node") is None:
        raise SystemExit("node isn't on PATH: install Node.js 20 or newer")
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = told.stdout.strip().lstrip("v").partition(".")[0]
    if not (major.isdigit() and int(major) >= 20):
        raise SystemExit(f"node is {told.stdout.strip()}: the tasks need Node.js 20 or newer")


def _run_command(example: Path, dataset: Dataset, *, approves: bool) -> list[str]:
    parameters = {
        "table": dataset.table,
        "target": dataset.target,
        "threshold": dataset.threshold,
    }
    # The local cloud reaches no registry and no package index: the image's base is made of this
    # machine's Python, and the packages come from a folder.
    variables = {"BASE_IMAGE_OVERRIDE": "host", "WHEELS_OVERRIDE": WHEELS}
    return [
        *("local", "run", _shown(example / "azure-pipelines.yml"), f"--root={_shown(example)}"),
        f"--repository=modelyard={_shown(CLONE)}",
        *(f"--parameter={name}={value}" for name, value in parameters.items()),
        *(f"--variable={name}={value}" for name, value in variables.items()),
        # Without a terminal nobody can be asked.
        *(["--approve=production"] if approves else []),
    ]


def _cloud_up() -> int:
    """Start the local cloud unless it is up; 0 when it is."""
    status = subprocess.run(
        [*MODELYARD, "local", "status"], capture_output=True, text=True, check=False
    )
    return _called(["local", "up", "--detach"]) if status.returncode else 0


def _called(command: Sequence[str]) -> int:
    """Its exit code. Ctrl-C reaches it too: it cancels, and that is waited for."""
    beginning = next((i for i, one in enumerate(command) if one.startswith("-")), len(command))
    lines = [shlex.join(command[:beginning]), *map(shlex.quote, command[beginning:])]
    print("$ modelyard " + " \\\n      ".join(lines), flush=True)
    environment = {**os.environ, "AGENT_TOOLSDIRECTORY": TOOLS}
    with subprocess.Popen([*MODELYARD, *command], env=environment) as child:
        before = {
            number: signal.signal(number, action)
            for number, action in (
                (signal.SIGINT, lambda *_: None),
                (signal.SIGTERM, lambda *_: child.terminate()),
            )
        }
        try:
            return child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before the run: from there on it cancels by itself
        sys.exit(130)
