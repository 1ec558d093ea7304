"""What is read from a model folder, and what a folder may not lack."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.images import model
from tiny_image import model_folder


def test_the_folder_tells_what_an_image_needs(tmp_path: Path) -> None:
    found = model.read(model_folder(tmp_path))
    assert (found.mlflow, found.python) == ("3.17.2", "3.11")
    assert found.uuid == "2b6ab8667c934a85970dfd0d931b1c34"
    assert found.flavors == ("python_function",)


def test_the_pinned_mlflow_counts_more_than_the_one_that_wrote_it(tmp_path: Path) -> None:
    assert model.read(model_folder(tmp_path, "mlflow==3.1.4\n")).mlflow == "3.1.4"
    assert model.read(model_folder(tmp_path, "mlflow-skinny==3.2.0\n")).mlflow == "3.2.0"
    assert model.read(model_folder(tmp_path, "numpy==2.0\n")).mlflow == "3.17.2"


def test_python_env_tells_the_version_where_the_flavor_does_not(tmp_path: Path) -> None:
    folder = model_folder(tmp_path, flavors={"python_function": {}})
    (folder / "python_env.yaml").write_text("python: 3.12.1\n")
    assert model.read(folder).python == "3.12"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"flavors": {"spark": {}}}, "no python_function flavor"),
        ({"flavors": None}, "no python_function flavor"),
        ({"flavors": {"python_function": {}}}, "which Python it needs"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(FileError, match=named):
        model.read(model_folder(tmp_path, **changes))


def test_a_model_without_any_mlflow_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="which version of MLflow"):
        model.read(model_folder(tmp_path, "numpy==2.0\n", mlflow_version=None))


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError) as refused:
        model.read(tmp_path)
    assert "MLmodel" in refused.value.fix


def test_a_model_without_requirements_is_refused(tmp_path: Path) -> None:
    (model_folder(tmp_path) / "requirements.txt").unlink()
    with pytest.raises(FileError, match=r"no requirements\.txt"):
        model.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "- a", "!!python/object:os.system {}"])
def test_yaml_that_is_no_plain_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (model_folder(tmp_path) / "MLmodel").write_text(text)
    with pytest.raises(FileError, match="MLmodel"):
        model.read(tmp_path)
