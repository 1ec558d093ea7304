"""Requirements of a model: pinned, or named in the error."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.images import requirements


def written(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(text)
    return path


def test_pins_are_read_with_their_extras_and_markers(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "# made by MLflow\n"
        "mlflow==3.17.2\n"
        "scikit_learn == 1.9.1  # the model\n"
        "uvicorn[standard]===0.30\n"
        "tomli==2.0; python_version < '3.11'\n"
        "numpy==2.4.6+local\n",
    )
    found = requirements.read(path)
    assert [(one.name, one.version, one.extras) for one in found.pinned] == [
        ("mlflow", "3.17.2", False),
        ("scikit-learn", "1.9.1", False),
        ("uvicorn", "0.30", True),
        ("tomli", "2.0", False),
        ("numpy", "2.4.6+local", False),
    ]
    assert found.pinned[3].line == "tomli==2.0; python_version < '3.11'"


@pytest.mark.parametrize(
    "loose", ["pandas", "pandas>=2", "pandas==2.*", "pandas==2,!=2.1", "a @ b"]
)
def test_every_loose_requirement_is_named(tmp_path: Path, loose: str) -> None:
    path = written(tmp_path, f"mlflow==3.17.2\n{loose}\nscipy~=1.0\n")
    with pytest.raises(FileError) as refused:
        requirements.read(path)
    assert f"{loose}, scipy~=1.0" in refused.value.what
    assert "mlflow" not in refused.value.what
    assert "==VERSION" in refused.value.fix


@pytest.mark.parametrize(
    "line",
    [
        "own @ git+https://example.com/own@0123456789abcdef0123456789abcdef01234567",
        "own @ https://example.com/own-1.0-py3-none-any.whl#sha256=00",
    ],
)
def test_a_reference_to_one_thing_for_ever_is_a_pin(tmp_path: Path, line: str) -> None:
    [found] = requirements.read(written(tmp_path, line)).pinned
    assert (found.name, found.version, found.line) == ("own", "", line)


def test_a_branch_is_no_pin(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="aren't pinned"):
        requirements.read(written(tmp_path, "own @ git+https://example.com/own@main"))


def test_constraint_files_of_the_model_are_read(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("urllib3<3\n# why\n")
    found = requirements.read(written(tmp_path, "mlflow==3.17.2\n-c constraints.txt\n"))
    assert found.constraints == ("urllib3<3",)


@pytest.mark.parametrize(
    "option", ["--index-url https://example.com", "-r more.txt", "--extra-index-url=x", "-e ."]
)
def test_a_model_may_not_tell_pip_what_to_do(tmp_path: Path, option: str) -> None:
    with pytest.raises(FileError) as refused:
        requirements.read(written(tmp_path, f"mlflow==3.17.2\n{option}\n"))
    assert option.split()[0] in refused.value.what


@pytest.mark.parametrize("outside", ["../secret.txt", "/etc/hostname", "missing.txt"])
def test_constraints_outside_of_the_model_are_refused(tmp_path: Path, outside: str) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (tmp_path / "secret.txt").write_text("a==1")
    with pytest.raises(FileError, match="not a file in the model's folder"):
        requirements.read(written(model, f"-c {outside}\n"))


def test_a_wheel_in_the_model_becomes_a_pin(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels" / "Own_Code-1.2.0-py3-none-any.whl"
    wheel.touch()
    [found] = requirements.read(written(tmp_path, f"wheels/{wheel.name}\n")).pinned
    assert (found.line, found.wheel) == ("own-code==1.2.0", wheel)


def test_lines_may_go_on(tmp_path: Path) -> None:
    found = requirements.read(written(tmp_path, "numpy \\\n  ==2.0\n"))
    assert found.find("numpy") is not None


def test_nonsense_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no requirement: '!!'"):
        requirements.read(written(tmp_path, "!!\n"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="can't read"):
        requirements.read(tmp_path / "requirements.txt")
