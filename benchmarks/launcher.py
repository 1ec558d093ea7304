"""The launcher beside what it can't be faster than, and beside plain pip.

Prints: the warm start (Node's start to Python's first line) beside a bare Node and a bare Python; a
whole warm step without a network call beside `import requests` started the same way; the size of
the private environment; and how long it takes to make, by pip and by uv where that is on PATH,
beside `pip install databricks-sdk azure-identity`. The last one needs a package index. For uv, this
machine's settings for pip are hidden.

Installations run without pip's cache. What is compared runs in turns, and a ratio is the median of
the ratios of each turn, so that a busy machine slows both sides. The fastest of all runs is what
the same machine does when it isn't busy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard import __version__

ROOT = Path(__file__).resolve().parents[1]
LAUNCHER = ROOT / "shared" / "launcher"
LOCK = ROOT / "requirements" / "core.txt"
RUNS = 20
INSTALLS = 3
PIP_CONF = "/etc/pip.conf"
PEER = ("databricks-sdk", "azure-identity")
BARS = {"warm start": 0.150, "whole step": 1.5, "size": 35.0, "making": 0.5}


def main() -> None:
    node = shutil.which("node") or sys.exit("node isn't on PATH")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        (place / "python" / "bin").mkdir(parents=True)
        (place / "python" / "bin" / "python3").symlink_to(base)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("INPUT_")},
            "pythonLocation": str(place / "python"),
            "RUNNER_TOOL_CACHE": str(place / "cache"),
            "MODELYARD_JOB": "",
        }
        print(f"{'':46}{'median':>10}{'fastest':>10}{'ratio':>8}")
        starts(node, place, base, environment)
        steps(node, place, environment)
        size(place / "cache" / "modelyard")
        making(node, place, base, environment)


def starts(node: str, place: Path, base: Path, environment: Mapping[str, str]) -> None:
    """A library whose first line is all it does: what is left is the launcher."""
    library = place / "first-line"
    (library / "modelyard").mkdir(parents=True)
    (library / "modelyard" / "__init__.py").write_text(f"__version__ = {__version__!r}\n")
    (library / "modelyard" / "__main__.py").write_text("print('here')\n")
    action = declare(place / "warm", library)
    command = [node, str(action / "main.js")]
    first_line(command, environment)
    taken: dict[str, list[float]] = {"node": [], "python": [], "launcher": []}
    for _ in range(RUNS):
        taken["node"].append(first_line([node, "-e", "console.log(0)"], environment))
        taken["python"].append(first_line([str(base), "-c", "print(0)"], environment))
        taken["launcher"].append(first_line(command, environment))
    row("bare node -e 0", taken["node"])
    row("bare python -c 0", taken["python"])
    least = [sum(pair) for pair in zip(taken["node"], taken["python"], strict=True)]
    row("warm start of the launcher / both", taken["launcher"], least)
    judge("warm start", statistics.median(taken["launcher"]), "under 150 ms")


def steps(node: str, place: Path, environment: Mapping[str, str]) -> None:
    """An operation that finds an input missing, beside a library that imports requests."""
    library = place / "requests-only"
    (library / "modelyard").mkdir(parents=True)
    (library / "modelyard" / "__init__.py").write_text(f"__version__ = {__version__!r}\n")
    (library / "modelyard" / "__main__.py").write_text("import requests\n")
    peer = [node, str(declare(place / "peer", library) / "main.js")]
    ours = [node, str(declare(place / "ours", ROOT / "shared") / "main.js")]
    seconds(peer, environment, 0)
    seconds(ours, environment, 2)
    taken: dict[str, list[float]] = {"peer": [], "ours": []}
    for _ in range(RUNS):
        taken["peer"].append(seconds(peer, environment, 0))
        taken["ours"].append(seconds(ours, environment, 2))
    row('launcher + python -c "import requests"', taken["peer"])
    row("whole warm step, no network call", taken["ours"], taken["peer"])
    judge("whole step", ratio(taken["ours"], taken["peer"]), "under 1.5 times")


def size(kept: Path) -> None:
    """The environments that the steps above made, bytecode of their first runs included."""
    folders = [folder for folder in kept.iterdir() if (folder / "pyvenv.cfg").is_file()]
    if not folders:
        sys.exit(f"{kept} holds no environment to measure")
    for folder in folders:
        found = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{'size of the environment':46}{found / 1e6:7.1f} MB")
        judge("size", found / 1e6, "under 35 MB")


def making(node: str, place: Path, base: Path, environment: Mapping[str, str]) -> None:
    """Cold: the environment alone, beside the installation of two packages with pip."""
    action = declare(place / "cold", ROOT / "shared")
    command = [node, str(action / "main.js")]
    # A machine-wide pip.conf can be hidden by root alone; then uv is never chosen.
    uv = shutil.which("uv") and (os.geteuid() == 0 or not Path(PIP_CONF).exists())
    by_pip = environment | {"PATH": without(environment["PATH"], "uv"), "PIP_NO_CACHE_DIR": "1"}
    taken: dict[str, list[float]] = {"pip": [], "uv": [], "peer": []}
    for number in range(INSTALLS):
        fresh = place / f"fresh-{number}"
        subprocess.run([str(base), "-m", "venv", str(fresh)], check=True)
        install = [str(fresh / "bin" / "pip"), "install", "--quiet", *PEER]
        taken["peer"].append(seconds(install, by_pip, 0))
        shutil.rmtree(fresh)
        cache = {"RUNNER_TOOL_CACHE": str(place / f"cold-{number}")}
        taken["pip"].append(made(command, by_pip | cache, "pip"))
        shutil.rmtree(place / f"cold-{number}")
        if uv:
            by_uv = without_pip_settings(environment, place) | cache
            taken["uv"].append(made([*hidden_file(), *command], by_uv, "uv"))
            shutil.rmtree(place / f"cold-{number}")
    row(f"pip install {' '.join(PEER)}", taken["peer"])
    for name in ("pip", "uv"):
        if taken[name]:
            row(f"the environment made by {name}", taken[name], taken["peer"])
            judge("making", ratio(taken[name], taken["peer"]), "at most 0.5 times")


def without_pip_settings(environment: Mapping[str, str], place: Path) -> dict[str, str]:
    """Variables under which the launcher chooses uv: it doesn't where pip has settings."""
    empty = str(place / "no-settings")
    own = {"HOME": empty, "XDG_CONFIG_DIRS": empty, "XDG_CONFIG_HOME": empty}
    kept = {name: value for name, value in environment.items() if not name.startswith("PIP_")}
    return kept | own


def hidden_file() -> tuple[str, ...]:
    """What to start a command with, so that it doesn't see this machine's pip.conf."""
    if not Path(PIP_CONF).exists():
        return ()
    script = f'mount --bind /dev/null {PIP_CONF} && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, "sh")


def made(command: Sequence[str], environment: Mapping[str, str], installer: str) -> float:
    """Seconds that the launcher says it took to make the environment with the installer."""
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    said = re.search(rf" with {installer} in ([0-9.]+) s: ", done.stdout.decode())
    if said is None:
        told = (done.stdout + done.stderr).decode()[-2000:]
        sys.exit(f"not made by {installer}: {command} ended with {done.returncode}\n{told}")
    return float(said[1])


def declare(folder: Path, library: Path) -> Path:
    """The generated files of an action, for this library."""
    folder.mkdir()
    declared = {
        "operation": "cluster-start",
        "version": __version__,
        "python": ["3.10", "3.13"],
        "dependencies": str(LOCK),
        "library": str(library),
    }
    (folder / "launch.json").write_text(json.dumps(declared))
    (folder / "main.js").write_text(
        f"require({json.dumps(str(LAUNCHER / 'main.js'))})(__dirname);\n"
    )
    return folder


def first_line(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds until the program has printed its first line."""
    start = time.perf_counter()
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        taken = time.perf_counter() - start
        process.stdout.read()
    if process.returncode or not line:
        sys.exit(f"{command} ended with {process.returncode}")
    return taken


def seconds(command: Sequence[str], environment: Mapping[str, str], expected: int) -> float:
    """Seconds from start to end; the exit code has to be the expected one."""
    start = time.perf_counter()
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode != expected:
        sys.exit(f"{command} ended with {done.returncode}\n{done.stderr.decode()[-2000:]}")
    return taken


def without(path: str, program: str) -> str:
    """PATH without the folders that hold the program."""
    folders = path.split(os.pathsep)
    return os.pathsep.join(one for one in folders if not Path(one, program).exists())


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of each turn."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def row(name: str, taken: Sequence[float], beside: Sequence[float] = ()) -> None:
    """One line of the table."""
    shown = "".join(
        f"{value * 1000:7.0f} ms" if value < 2 else f"{value:8.2f} s"
        for value in (statistics.median(taken), min(taken))
    )
    print(f"{name:46}{shown}" + (f"{ratio(taken, beside):8.2f}" if beside else ""))


def judge(bar: str, value: float, wanted: str) -> None:
    """Whether the bar is met in this run."""
    print(f"  bar: {wanted}: {'met' if value <= BARS[bar] else 'MISSED'}")


if __name__ == "__main__":
    main()
