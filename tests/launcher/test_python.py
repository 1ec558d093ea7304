"""Which Python is taken, and what is said where none fits."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import psutil
import pytest

from launcher.index import TIME_OUT, Index
from launcher.workplace import BASE, MINOR, Workplace, shown

PAIR = ("tiny", "other")
NODE_ARCHITECTURES = {"x86_64": "x64", "aarch64": "arm64"}


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _memory(workplace: Workplace) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(
        (workplace.cache / "modelyard" / "pythons.json").read_text()
    )
    return found


def test_python_location_comes_first(workplace: Workplace) -> None:
    own = workplace.root / "hosted"
    (own / "bin").mkdir(parents=True)
    (own / "bin" / "python3").symlink_to(BASE)
    shown(workplace.run(pythonLocation=str(own)))
    assert list(_memory(workplace)) == [str(own / "bin" / "python3")]


def test_tool_cache_of_python_versions(workplace: Workplace) -> None:
    (workplace.root / "bin" / "python3").unlink()
    architecture = NODE_ARCHITECTURES[os.uname().machine]
    versions = workplace.cache / "Python"
    for patch, complete in (("2", True), ("10", True), ("11", False)):
        folder = versions / f"{MINOR}.{patch}" / architecture
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python3").symlink_to(BASE)
        if complete:
            folder.with_name(f"{architecture}.complete").touch()
    shown(workplace.run())
    newest = versions / f"{MINOR}.10" / architecture / "bin" / "python3"
    assert list(_memory(workplace)) == [str(newest)]


def test_names_that_do_not_run_are_passed_over(workplace: Workplace) -> None:
    before = workplace.root / "shims"
    _program(before / "python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    _program(before / "python", "echo hello")
    (before / f"python{MINOR}").mkdir()
    path = f"{before}:relative:{workplace.environment['PATH']}"
    shown(workplace.run(PATH=path))


def test_the_python_beneath_a_users_environment_is_taken(workplace: Workplace) -> None:
    users = workplace.root / "users"
    (users / "bin").mkdir(parents=True)
    (users / "bin" / "python3").symlink_to(BASE)
    (users / "pyvenv.cfg").write_text(f"home = {BASE.parent}\n")
    shown(workplace.run(PATH=str(users / "bin")))
    (entry,) = _memory(workplace).values()
    found = entry["found"]
    assert isinstance(found, dict)
    assert Path(found["executable"]).resolve() == BASE
    assert not found["inside"]


def test_a_warm_start_asks_no_python(workplace: Workplace) -> None:
    asked = workplace.root / "asked"
    (workplace.root / "bin" / "python3").unlink()
    shim = _program(workplace.root / "bin" / "python3", f'echo x >> "{asked}"; exec "{BASE}" "$@"')
    for _ in range(3):
        shown(workplace.run())
    assert asked.read_text() == "x\n"
    os.utime(shim, (1, 1))  # another file: what was known of it doesn't hold
    shown(workplace.run())
    assert asked.read_text() == "x\nx\n"


def test_what_was_mended_is_seen_though_the_name_is_the_same(workplace: Workplace) -> None:
    switch = workplace.root / "switch"
    (workplace.root / "bin" / "python3").unlink()
    _program(workplace.root / "bin" / "python3", f'[ -e "{switch}" ] && exec "{BASE}" "$@"; exit 1')
    assert workplace.run().returncode == 4
    switch.touch()
    shown(workplace.run())


def test_a_module_in_the_working_folder_is_not_imported(workplace: Workplace) -> None:
    (workplace.root / "json.py").write_text("raise SystemExit(1)\n")
    shown(workplace.run())


def test_no_python_at_all(workplace: Workplace) -> None:
    done = workplace.run(PATH=str(workplace.root / "home"))
    assert done.returncode == 4
    assert f"no Python {MINOR} to {MINOR} on this machine" in done.stderr
    assert "actions/setup-python (GitHub) or UsePythonVersion@0" in done.stderr
    assert "error MY004, exit code 4: modelyard explain MY004" in done.stderr


def test_the_wrong_python_is_named_with_its_version(workplace: Workplace) -> None:
    wrong = workplace.root / "bin" / "python3"
    workplace.declare(python=["3.98", "3.99"])
    done = workplace.run()
    assert done.returncode == 4
    assert "no Python 3.98 to 3.99 on this machine" in done.stderr
    assert f"    {wrong}: {MINOR}." in done.stderr
    assert "not in the range" in done.stderr
    assert "with version 3.99 before this step" in done.stderr


def test_only_an_old_python(workplace: Workplace) -> None:
    python = workplace.root / "bin" / "python3"
    python.unlink()
    program = "import sys; sys.version_info = (3, 8, 18); exec(sys.argv[-1])"
    python.write_text(
        f"#!/bin/sh\nfor last; do :; done; exec '{BASE}' -E -s -B -c '{program}' \"$last\"\n"
    )
    python.chmod(0o755)
    done = workplace.run()
    assert done.returncode == 4
    assert "3.8.18, not in the range" in done.stderr


def test_another_implementation(workplace: Workplace) -> None:
    (workplace.root / "bin" / "python3").unlink()
    pretend = (
        "import sys, types; "
        'sys.implementation = types.SimpleNamespace(**{**vars(sys.implementation), "name": "pypy"})'
    )
    script = f"for last; do :; done; exec \"{BASE}\" -E -s -B -c '{pretend}; exec(sys.argv[-1])' "
    _program(workplace.root / "bin" / "python3", f'{script} "$last"')
    done = workplace.run()
    assert done.returncode == 4
    assert ", pypy, not CPython" in done.stderr


def test_a_python_that_hangs_is_passed_over_and_remembered(workplace: Workplace) -> None:
    asked = workplace.root / "asked"
    python = workplace.root / "bin" / "python3"
    python.rename(python.with_name("python"))
    _program(python, f'echo x >> "{asked}"; exec "{BASE}" -I -c "import signal; signal.pause()"')
    for _ in range(2):
        shown(workplace.run())
    assert asked.read_text() == "x\n"


def _without(modules: tuple[str, ...]) -> str:
    """A Python that lacks modules, as Debian's without python3-venv does."""
    hide = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name in {modules!r}: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        f"u.find_spec = lambda name, *more: None if name in {modules!r} else real(name, *more)\n"
    )
    program = f"{hide}exec(sys.argv[-1])"
    return f'for last; do :; done; exec "{BASE}" -E -s -B -c \'{program}\' "$last"'


def test_venv_module_missing(workplace: Workplace) -> None:
    (workplace.root / "bin" / "python3").unlink()
    script = _without(("venv", "ensurepip")).replace("'venv'", '"venv"')
    _program(workplace.root / "bin" / "python3", script.replace("'ensurepip'", '"ensurepip"'))
    done = workplace.run()
    assert done.returncode == 4
    assert "that can make an environment" in done.stderr
    assert "has no venv module" in done.stderr
    assert f"apt-get install python{MINOR}-venv" in done.stderr


def test_without_pip_outside_ensurepip_brings_its_own(workplace: Workplace) -> None:
    workplace.lock(*(workplace.add_package(name, "1.0", "VERSION = '1.0'\n") for name in PAIR))
    _forget_pip(workplace)
    shown(workplace.run())
    (made,) = workplace.environments
    assert not list(made.rglob("site-packages/pip*"))
    assert {f"{name}.py" for name in PAIR} <= {path.name for path in made.rglob("*.py")}


def test_a_locked_pip_stays_and_is_not_replaced_under_another(
    workplace: Workplace, index: Index
) -> None:
    _forget_pip(workplace)
    locked = workplace.add_package("pip", "99.0", "raise SystemExit('not needed here')\n")
    workplace.lock(locked, workplace.add_package("tiny", "1.0", "VERSION = '1.0'\n"))
    index.asked.clear()
    index.gate.clear()
    with workplace.start() as process:
        assert index.asked.wait(TIME_OUT)
        started = psutil.Process(process.pid).children(recursive=True)
        guarded = [one.cmdline() for one in started if _is_guard(one.cmdline())]
        assert sum("install" in command for command in guarded) == 1
        index.gate.set()
        assert process.wait(TIME_OUT) == 0
    assert [path.name for path in workplace.environments[0].rglob("pip-*")] == [
        "pip-99.0.dist-info"
    ]


def _is_guard(command: list[str]) -> bool:
    return any(word.endswith("installer_guard.py") for word in command)


def _forget_pip(workplace: Workplace) -> None:
    """Let the launcher believe that the Python has no pip, as Debian's has none."""
    shown(workplace.run())
    shutil.rmtree(workplace.environments[0])
    memory = _memory(workplace)
    for entry in memory.values():
        found = entry["found"]
        assert isinstance(found, dict)
        if not found["ensurepip"]:
            pytest.skip("this Python has no ensurepip")
        found["pip"] = None
    (workplace.cache / "modelyard" / "pythons.json").write_text(json.dumps(memory))
