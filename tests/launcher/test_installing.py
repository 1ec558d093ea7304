"""Where packages come from, and what is said when they don't come."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from launcher.index import TIME_OUT, Index
from launcher.workplace import BASE, Workplace, evaluated, shown


def test_a_changed_package_is_refused(workplace: Workplace) -> None:
    workplace.add_package("tiny", "1.0", "VERSION = 'another'\n")
    done = workplace.run()
    assert done.returncode == 8
    assert "error MY008, exit code 8: modelyard explain MY008" in done.stderr
    assert "Expected sha256" in done.stderr
    assert not workplace.environments


def test_packages_come_by_two_pips_side_by_side(workplace: Workplace, index: Index) -> None:
    names = ("tiny", "other", "third")
    workplace.lock(*(workplace.add_package(name, "1.0", "VERSION = '1.0'\n") for name in names))
    index.gate.clear()
    with workplace.start() as process:
        for _ in range(2):  # one alone asks for one page after the other
            assert index.arrived.acquire(timeout=TIME_OUT)
        index.gate.set()
        assert process.wait(TIME_OUT) == 0
    (made,) = workplace.environments
    packages = {path.name for path in made.rglob("site-packages/*.py")}
    assert {f"{name}.py" for name in names} <= packages
    assert not list(made.glob("*.txt"))


def test_the_first_that_fails_stops_the_other(workplace: Workplace, index: Index) -> None:
    with (workplace.root / "core.txt").open("a") as lock:
        lock.write("absent==1.0 --hash=sha256:" + "0" * 64 + "\n")
    index.held = "/simple/tiny"
    index.gate.clear()
    patient = {"PIP_DEFAULT_TIMEOUT": str(2 * TIME_OUT)}
    with workplace.start(**patient) as process:  # tiny's page comes after TIME_OUT
        _, err = process.communicate(timeout=TIME_OUT / 2)
    assert not index.gate.is_set()
    assert process.returncode == 7
    assert "No matching distribution found for absent==1.0" in err
    assert not workplace.environments


def test_one_of_two_alternatives_is_taken(workplace: Workplace) -> None:
    _lock_twice(workplace, " ; python_version < '3'", " ; python_version >= '3'")
    assert shown(workplace.run())["tiny"] == "2.0"


def test_two_versions_of_one_package_are_refused(workplace: Workplace) -> None:
    _lock_twice(workplace, "", "")
    done = workplace.run()
    assert done.returncode == 6
    assert "Cannot install Tiny==2.0 and tiny==1.0" in done.stderr


def _lock_twice(workplace: Workplace, *markers: str) -> None:
    """Two versions of tiny, each with its marker, in the layout of real lock files."""
    wheels = [workplace.add_package("tiny", one, f"VERSION = '{one}'\n") for one in ("1.0", "2.0")]
    digests = [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]
    lines = [
        f"{name}{marker} \\\n    --hash=sha256:{digest}\n"
        for name, marker, digest in zip(("tiny==1.0", "Tiny==2.0"), markers, digests, strict=True)
    ]
    (workplace.root / "core.txt").write_text("# two alternatives\n" + "".join(lines))


def test_no_way_to_the_index(workplace: Workplace) -> None:
    done = workplace.run(
        PIP_INDEX_URL="http://user:hidden-word@127.0.0.1:9/simple",
        PIP_RETRIES="1",
        GITHUB_ACTIONS="true",
    )
    assert done.returncode == 7
    told = done.stdout.splitlines()[-1]
    assert told.startswith("::error::the packages couldn't be installed; pip says:%0A")
    assert "no way from this machine to the package index" in told
    assert "error MY007, exit code 7: modelyard explain MY007" in told
    assert "hidden-word" not in done.stdout + done.stderr
    assert not workplace.environments


def test_an_index_without_the_package(workplace: Workplace) -> None:
    (workplace.root / "core.txt").write_text("absent==1.0 --hash=sha256:" + "0" * 64 + "\n")
    done = workplace.run()
    assert done.returncode == 7
    assert "doesn't have this version" in done.stderr


def test_a_private_index_by_pip_conf(workplace: Workplace, index: Index) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        del workplace.environment[name]
    config = workplace.root / "home" / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nindex-url = {index.url}\n[install]\nuser = true\n")
    _uv(workplace, "exit 1")  # must not be asked: it doesn't read that file
    done = workplace.run()
    shown(done)
    assert index.asked.is_set()
    assert "with pip in" in done.stdout
    assert not (workplace.root / "uv-was-called").exists()


@pytest.mark.parametrize(
    "path", ["python/pip.conf", "home/.pip/pip.conf", "xdg/pip/pip.conf", "config/pip/pip.conf"]
)
def test_files_in_which_pip_is_told_where_packages_are(tmp_path: Path, path: str) -> None:
    environment = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    python = {"executable": str(tmp_path / "python" / "bin" / "python3.11")}
    program = (
        f"const own = {json.dumps(str(tmp_path))};"
        "const fs = require('node:fs'); const read = fs.readFileSync;"
        "fs.readFileSync = (file, ...more) => read(file.startsWith(own) ? file : '', ...more);"
        f"return pip_settings.pipIsConfigured({json.dumps(environment)}, {json.dumps(python)})"
    )  # but this machine's own files
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text("[global]\nno-color = true\n")
    assert evaluated(program, "pip_settings") is False
    file.write_text("[global]\nindex-url = https://packages.example.invalid/simple\n")
    assert evaluated(program, "pip_settings") is True


@pytest.mark.parametrize("name", ["PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_USER"])
def test_settings_that_would_install_elsewhere_do_not(workplace: Workplace, name: str) -> None:
    where = workplace.root / "elsewhere"
    value = "1" if name in ("PIP_REQUIRE_VIRTUALENV", "PIP_USER") else str(where)
    shown(workplace.run(**{name: value}))
    assert not where.exists()


def test_installers_see_nothing_of_the_step(workplace: Workplace) -> None:
    seen = workplace.root / "seen"
    bare = _without_pip_settings(workplace)
    _uv(workplace, f'/usr/bin/env > "{seen}"; exit 1')
    secret = {"SECRET_A": "1", "INPUT_B": "2", "ENDPOINT_AUTH_C": "3", "DATABRICKS_TOKEN": "4"}
    workplace.run(before=bare, KEPT="5", **secret)
    names = {line.split("=")[0] for line in seen.read_text().splitlines()}
    assert "KEPT" in names
    assert not names & set(secret)
    assert "PIP_NO_CACHE_DIR" in names  # its cache would be in the home folder ...
    workplace.run(PIP_CACHE_DIR="/somewhere", before=bare)
    names = {line.split("=")[0] for line in seen.read_text().splitlines()}
    assert "PIP_NO_CACHE_DIR" not in names  # ... unless the user says where


def test_uv_installs_where_it_is_on_path(workplace: Workplace) -> None:
    bare = _without_pip_settings(workplace)
    packages = 'packages=$(echo "$PWD"/lib/python3.*/site-packages)'
    _uv(workplace, f'{packages}; echo "VERSION = \'by uv\'" > "$packages/tiny.py"')
    done = workplace.run(before=bare)
    assert shown(done)["tiny"] == "by uv"
    assert "with uv in" in done.stdout
    called = (workplace.root / "uv-was-called").read_text()
    for option in ("--require-hashes", "--no-deps", "--only-binary :all:", "--no-cache"):
        assert option in called


def test_what_uv_refuses_is_not_tried_again_with_pip(workplace: Workplace) -> None:
    bare = _without_pip_settings(workplace)
    _uv(workplace, "echo 'error: Hash mismatch for `tiny==1.0`' >&2; exit 1")
    done = workplace.run(HTTPS_PROXY="http://127.0.0.1:9", PIP_RETRIES="1", before=bare)
    assert done.returncode == 8
    assert "uv says" in done.stderr


def test_pip_takes_over_where_uv_has_no_way(workplace: Workplace) -> None:
    bare = _without_pip_settings(workplace)
    _uv(workplace, "echo 'error: invalid peer certificate: UnknownIssuer' >&2; exit 1")
    done = workplace.run(HTTPS_PROXY="http://127.0.0.1:9", PIP_RETRIES="1", before=bare)
    assert done.returncode == 7
    assert "pip says" in done.stderr


def _without_pip_settings(workplace: Workplace) -> tuple[str, ...]:
    """A command to start node with, under which no settings of this machine's pip are seen."""
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        del workplace.environment[name]
    files = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf", f"{BASE.parents[1]}/pip.conf")
    found = [one for one in files if Path(one).exists()]
    if not found:
        return ()
    unshare = shutil.which("unshare")
    if os.geteuid() != 0 or not unshare:
        pytest.skip("this machine has settings for pip, and hiding them needs root")
    hide = " && ".join(f"{shutil.which('mount')} --bind /dev/null {one}" for one in found)
    script = f'{hide} && exec "$@"'
    return (unshare, "--mount", "/bin/sh", "-c", script, "sh")


def _uv(workplace: Workplace, script: str) -> None:
    """A stand-in for uv that notes how it was called."""
    called = workplace.root / "uv-was-called"
    program = workplace.root / "bin" / "uv"
    program.write_text(f'#!/bin/sh\nPATH={os.defpath}\necho "$@" > "{called}"\n{script}\n')
    program.chmod(0o755)


def test_within_a_local_cloud_packages_come_from_outside(
    workplace: Workplace, index: Index
) -> None:
    within = {"http_proxy": "http://127.0.0.1:9", "HOME": "/nowhere"}
    assert workplace.run(**within).returncode == 7
    before = {"http_proxy": None, "HOME": workplace.environment["HOME"]}
    shown(workplace.run(**within, MODELYARD_OUTSIDE=json.dumps(before)))
    assert index.asked.is_set()
