"""Environments of clusters, and packages that a notebook installs for itself."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.local.notebook.environments import InstallFailed, build
from notebook_runs import PATIENCE, Cluster, cluster


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No package index: what needs one fails."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def wheel(folder: Path, name: str, version: str, value: str, requires: str = "") -> Path:
    """A wheel with one module that says ``VALUE`` and a command of the same name."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    contents = {
        f"{name}.py": f"VALUE = {value!r}\ndef main():\n    print(VALUE)\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in contents.items():
            archive.writestr(zipfile.ZipInfo(path), content)  # with a fixed date
    return file


def says(python: Path, code: str) -> str:
    command = [str(python), "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_wheel_over_the_base(tmp_path: Path) -> None:
    file = wheel(tmp_path, "my_lib", "1.0", "one")
    python = build(["scikit-learn", "pandas>=1"], cache=tmp_path / "cache", wheels=[file])
    assert says(python, "import my_lib, sklearn; print(my_lib.VALUE)") == "one"
    script = subprocess.run([python.parent / "my_lib"], check=True, capture_output=True, text=True)
    assert script.stdout == "one\n"
    with pytest.raises(ModuleNotFoundError):
        __import__("my_lib")  # the base is untouched


def test_cache_is_by_content(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    one = build([], cache=cache, wheels=[wheel(tmp_path / "a", "my_lib", "1.0", "one")])
    same = build([], cache=cache, wheels=[wheel(tmp_path / "b", "my_lib", "1.0", "one")])
    other = build([], cache=cache, wheels=[wheel(tmp_path / "a", "my_lib", "1.0", "two")])
    assert says(other, "import my_lib; print(my_lib.VALUE)") == "two"
    assert says(one, "import my_lib; print(my_lib.VALUE)") == "one"
    assert same == one != other


def test_wheels_that_need_each_other_and_satisfied_requirements_need_no_index(
    tmp_path: Path,
) -> None:
    needed = wheel(tmp_path, "my_base", "2.0", "base")
    needs = wheel(tmp_path, "my_lib", "1.0", "lib", requires="my_base>=2")
    python = build(["requests", "mlflow==3.17.2"], cache=tmp_path / "c", wheels=[needs, needed])
    assert says(python, "import my_lib, my_base; print(my_base.VALUE)") == "base"


def test_newer_version_in_the_environment_wins_over_the_base(tmp_path: Path) -> None:
    file = wheel(tmp_path, "tabulate", "99.0", "newer")
    python = build([], cache=tmp_path / "cache", wheels=[file])
    assert says(python, "import tabulate; print(tabulate.VALUE)") == "newer"
    assert (
        says(Path(sys.executable), "import tabulate; print(hasattr(tabulate, 'VALUE'))") == "False"
    )


def test_failure_is_pips_message_and_leaves_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(InstallFailed) as caught:
        build(["no-such-package-anywhere==1.0"], cache=cache)
    assert "No matching distribution found for no-such-package-anywhere==1.0" in str(caught.value)
    assert [file.suffix for file in cache.iterdir()] == [".lock"]


def test_two_at_once_build_once(tmp_path: Path) -> None:
    file = wheel(tmp_path, "my_lib", "1.0", "one")
    cache = tmp_path / "cache"
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(build([], cache=cache, wheels=[file])))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(found) == 3
    assert len(set(found)) == 1
    assert len([entry for entry in cache.iterdir() if entry.is_dir()]) == 2  # and the link to it


def test_leftover_of_a_killed_build_is_replaced(tmp_path: Path) -> None:
    file = wheel(tmp_path, "my_lib", "1.0", "one")
    cache = tmp_path / "cache"
    python = build([], cache=cache, wheels=[file])
    name = next(entry for entry in cache.iterdir() if entry.is_symlink())
    name.unlink()  # as if it had been killed before it was done
    again = build([], cache=cache, wheels=[file])
    assert not python.exists()
    assert says(again, "import my_lib; print(my_lib.VALUE)") == "one"


@pytest.fixture
def driver(tmp_path: Path, no_index: None) -> Iterator[Cluster]:
    with cluster(tmp_path) as running:
        yield running


def test_libraries_installed_later_are_seen_by_later_runs(driver: Cluster, tmp_path: Path) -> None:
    file = wheel(tmp_path, "my_lib", "1.0", "one")
    before = driver.run("/Shared/a", "import my_lib")
    assert before.error == "ModuleNotFoundError: No module named 'my_lib'"
    python = build([], cache=tmp_path / "cache", wheels=[file])
    after = driver.run("/Shared/a", "import my_lib, mlflow.version\nmy_lib.VALUE", "!my_lib",
                       python=python)  # fmt: skip
    assert after.logs == "'one'\none\n", after


def test_pip_in_a_notebook_is_for_this_run_alone(driver: Cluster, tmp_path: Path) -> None:
    wheel(driver.dbfs / "wheels", "my_lib", "1.0", "one")
    wheel(driver.dbfs / "wheels", "my_lib", "2.0", "two")
    result = driver.run(
        "/Shared/pip",
        "kept = 'kept'",
        "%pip install /dbfs/wheels/my_lib-1.0-py3-none-any.whl",
        "import my_lib\nprint(my_lib.VALUE, kept)",
        "%pip install dbfs:/wheels/my_lib-2.0-py3-none-any.whl\n%pip list",
        "dbutils.library.restartPython()",
        "import my_lib\nprint(my_lib.VALUE, 'kept' in globals())",
        "%sh\nmy_lib\npip --version\npython -c 'import my_lib; print(my_lib.VALUE)'",
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'pip', 'uninstall', '-y', 'my_lib'])\n"
        "import importlib.util\nprint(importlib.util.find_spec('my_lib'))",
    )
    assert result.status == "success", result
    assert "Successfully installed my-lib-1.0" in result.cells[1].text.replace("_", "-")
    assert "restartPython()" in result.cells[1].text
    assert result.cells[2].text == "one kept\n"
    assert "my_lib" in result.cells[3].text
    assert result.cells[5].text == "two False\n"
    assert result.cells[6].text.startswith("two\npip ")
    assert result.cells[6].text.endswith("two\n")
    other = driver.run("/Shared/other", "import my_lib")
    assert other.error == "ModuleNotFoundError: No module named 'my_lib'"


def test_pip_that_fails_fails_the_cell(driver: Cluster) -> None:
    result = driver.run("/Shared/pip", "1", "%pip install no-such-package-anywhere", "2")
    assert result.error == (
        "PipFailed: %pip install no-such-package-anywhere exited with status 1; "
        "pip's output tells why"
    )
    assert (result.cell, result.line) == (2, 1)
    assert "No matching distribution found" in result.logs


def test_shell_pip_does_not_touch_the_base(driver: Cluster) -> None:
    file = wheel(driver.folder, "my_lib", "1.0", "one")
    result = driver.run("/Shared/sh", f"%sh pip install {file}", "import my_lib\nmy_lib.VALUE")
    assert result.logs.endswith("'one'\n"), result
    with pytest.raises(ModuleNotFoundError):
        __import__("my_lib")


def test_credentials_of_an_index_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "http://someone:hidden-word@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with cluster(tmp_path) as driver:
        result = driver.run("/Shared/pip", "%pip install no-such-package-anywhere", "%sh env")
        shown = driver.run("/Shared/env", "%sh env | grep PIP_FIND")
    assert result.status == "failed"
    assert "hidden-word" not in str(result)
    assert "hidden-word" not in str(shown)
    assert "PIP_FIND_LINKS=http://[REDACTED]@127.0.0.1:9/simple" in shown.logs
    with pytest.raises(InstallFailed) as caught:
        build(["no-such-package-anywhere"], cache=tmp_path / "cache")
    assert "hidden-word" not in str(caught.value)
