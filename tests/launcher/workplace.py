"""A folder with an action, a tiny library, a tiny package and an index: what the launcher needs.

The library is called modelyard like the real one and does what INPUT_MODE says, so that a test can
see how it was started, stop it, or let it end in every way.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from wheels import make_wheel

LAUNCHER = Path(__file__).resolve().parents[2] / "shared" / "launcher"
MINOR = f"3.{sys.version_info[1]}"
BASE = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
"""The interpreter beneath the environment of the tests."""
TIME_OUT = 120
LIBRARY = '''
import json, os, signal, subprocess, sys
import tiny

mode = os.environ.get("INPUT_MODE", "show")
if mode == "show":
    print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "tiny": tiny.VERSION,
                      "isolated": sys.flags.isolated, "utf8": sys.flags.utf8_mode,
                      "environment": sorted(os.environ), "group": os.getpgid(0) == os.getpid(),
                      "input": sys.stdin.read()}))
elif mode == "end":
    sys.exit(int(os.environ["INPUT_CODE"]))
elif mode == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif mode == "line":
    print("ready", flush=True)
    cut = os.read(int(os.environ["MODELYARD_LIFELINE"]), 1) == b""
    print("the line was cut" if cut else "somebody wrote", flush=True)
elif mode == "wait":
    grandchild = subprocess.Popen([sys.executable, "-c", """
import os, signal
def end(number, frame):
    os.write(1, b"grandchild got %d\\\\n" % number)
    os._exit(0)
signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
print("grandchild is ready", flush=True)
while True:
    signal.pause()
"""])
    got = []
    enough = int(os.environ.get("INPUT_SIGNALS", "1"))
    def note(number, frame):
        got.append(number)
        os.write(1, b"got %d\\n" % number)  # a second signal may come meanwhile: no print here
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, note)
    print("ready", flush=True)
    while len(got) < enough:
        signal.pause()
    grandchild.wait()
    print("ended", flush=True)
    sys.exit(int(os.environ.get("INPUT_CODE", 128 + got[0])))
'''


@dataclass
class Workplace:
    """One folder of an action and the environment of a job. ``environment`` may be changed."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("home", "temporary", "cache", "bin", "simple"):
            (self.root / name).mkdir()
        (self.root / "bin" / "python3").symlink_to(BASE)
        self.environment = {
            **{k: v for k, v in os.environ.items() if k.startswith("MODELYARD_TEST")},
            "PATH": f"{self.root / 'bin'}",
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "temporary"),
            "RUNNER_TOOL_CACHE": str(self.cache),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": (self.root / "simple").as_uri(),
        }
        self.write_library()
        self.lock(self.add_package("tiny", "1.0", "VERSION = '1.0'\n"))
        self.declare()

    @property
    def action(self) -> Path:
        """The folder that holds launch.json, main.js and post.js."""
        return self.root / "action"

    @property
    def cache(self) -> Path:
        """The tool cache."""
        return self.root / "cache"

    @property
    def environments(self) -> list[Path]:
        """The private environments in the tool cache, also unfinished ones, and locks."""
        kept = self.cache / "modelyard"
        return sorted(path for path in kept.glob("*") if path.name != "pythons.json")

    def write_library(self, version: str = "9.9") -> Path:
        """The tiny library as a source folder."""
        package = self.root / "shared" / "modelyard"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(f"__version__ = {version!r}\n")
        (package / "__main__.py").write_text(LIBRARY)
        return package.parent

    def add_package(self, name: str, version: str, source: str) -> Path:
        """A wheel in the index; returns its path."""
        wheel = make_wheel(self.root / "simple" / name, name, version, source)
        links = [f'<a href="{path.name}">{path.name}</a>' for path in wheel.parent.glob("*.whl")]
        (wheel.parent / "index.html").write_text("<!DOCTYPE html>" + "\n".join(links))
        return wheel

    def lock(self, *wheels: Path) -> None:
        """Write the lock file for these wheels."""
        lines = []
        for wheel in wheels:
            name, version, *_ = wheel.name.split("-")
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
        (self.root / "core.txt").write_text("".join(lines))

    def declare(self, **changes: object) -> None:
        """Write the generated files of the folder."""
        self.action.mkdir(exist_ok=True)
        declared = {
            "comment": "generated",
            "operation": "tiny-run",
            "version": "9.9",
            "python": [MINOR, MINOR],
            "dependencies": "../core.txt",
            "library": "../shared",
            **changes,
        }
        (self.action / "launch.json").write_text(json.dumps(declared))
        for name in ("main", "post"):
            module = json.dumps(str(LAUNCHER / f"{name}.js"))
            (self.action / f"{name}.js").write_text(f"require({module})(__dirname);\n")

    def start(
        self, program: str = "main", *, before: tuple[str, ...] = (), **more: str
    ) -> subprocess.Popen[str]:
        """Start node on main.js or post.js, as an agent does; ``before`` stands before node."""
        return subprocess.Popen(
            [*before, node(), str(self.action / f"{program}.js")],
            env=self.environment | more,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, program: str = "main", *, before: tuple[str, ...] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Start and wait for the end."""
        process = self.start(program, before=before, **more)
        try:
            out, err = process.communicate(timeout=TIME_OUT)
        finally:
            process.kill()  # does nothing to one that has ended
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def evaluated(program: str, *modules: str) -> object:
    """What an expression of JavaScript gives, with modules of the launcher by their names."""
    given = "".join(f"const {one} = require({json.dumps(str(LAUNCHER / one))});" for one in modules)
    script = f"{given} process.stdout.write(JSON.stringify((() => {{ {program} }})()) ?? '')"
    out = subprocess.run([node(), "-e", script], check=True, capture_output=True, text=True)
    found: object = json.loads(out.stdout)
    return found


def runs(process: psutil.Process) -> bool:
    """Whether it is still at work: what has ended may wait for its parent to notice."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def node() -> str:
    """The program node: the tests' PATH doesn't lead to it."""
    for folder in os.environ["PATH"].split(os.pathsep):
        if (path := Path(folder) / "node").is_file():
            return str(path)
    raise AssertionError("node isn't on PATH: the launcher is a program for Node 20 or newer")


def shown(result: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """What the tiny library printed of itself."""
    assert result.returncode == 0, result.stdout + result.stderr
    found: dict[str, object] = json.loads(result.stdout.splitlines()[-1])
    return found
