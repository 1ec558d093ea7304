"""What goes into the scoring image of a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.images import contents
from tiny_image import model_folder


def test_the_image_serves_the_model_as_nobody_on_port_8080(tmp_path: Path) -> None:
    found = contents.of_model(model_folder(tmp_path), {"org.opencontainers.image.revision": "abc"})
    assert found.command == ("python3", "-m", "uvicorn", "mlflow.pyfunc.scoring_server.app:app")
    assert found.files == {"/opt/ml/model": tmp_path}
    assert found.environment["__pyfunc_model_path__"] == "/opt/ml/model"
    assert found.environment["UVICORN_PORT"] == "8080"
    assert (found.user, found.port, found.python) == ("65534:65534", 8080, "3.11")
    assert found.labels["org.opencontainers.image.revision"] == "abc"
    assert found.labels["io.modelyard.run"] == "0123456789abcdef0123456789abcdef"


def test_mlflow_becomes_mlflow_skinny_and_the_server_is_added(tmp_path: Path) -> None:
    found = contents.of_model(model_folder(tmp_path, "mlflow==3.17.2\nscikit-learn==1.9.1\n"))
    assert found.requirements == (
        "fastapi<1",
        "mlflow-skinny==3.17.2",
        "numpy<3",
        "pandas<4",
        "scikit-learn==1.9.1",
        "uvicorn<1",
    )


def test_what_the_model_pins_stays_pinned(tmp_path: Path) -> None:
    lines = "mlflow-skinny==3.17.2\nuvicorn==0.30\nfastapi==0.110\nnumpy==2.4.6\npandas==3.1.1\n"
    found = contents.of_model(model_folder(tmp_path, lines))
    assert found.requirements == tuple(sorted(lines.split()))


def test_both_mlflow_and_skinny_give_one(tmp_path: Path) -> None:
    lines = "mlflow==3.17.2\nmlflow-skinny==3.17.2\n"
    found = contents.of_model(model_folder(tmp_path, lines))
    assert [line for line in found.requirements if "mlflow" in line] == ["mlflow-skinny==3.17.2"]


def test_mlflow_with_extras_stays_as_it_is(tmp_path: Path) -> None:
    found = contents.of_model(model_folder(tmp_path, "mlflow[databricks]==3.17.2\n"))
    assert [line for line in found.requirements if "mlflow" in line] == [
        "mlflow[databricks]==3.17.2"
    ]


def test_before_2_22_the_server_is_a_wsgi_application(tmp_path: Path) -> None:
    found = contents.of_model(model_folder(tmp_path, "mlflow==2.16.2\n"))
    assert found.command == ("python3", "-m", "gunicorn", "mlflow.pyfunc.scoring_server.wsgi:app")
    assert {"Flask<4", "gunicorn<24", "numpy<2", "pandas<3"} <= set(found.requirements)
    assert not any("uvicorn" in line for line in found.requirements)
    assert found.environment["GUNICORN_CMD_ARGS"] == "--bind=0.0.0.0:8080"


@pytest.mark.parametrize("version", ["1.30.0", "2.8.1", "4.0.0"])
def test_other_versions_are_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(FileError, match=version):
        contents.of_model(model_folder(tmp_path, f"mlflow=={version}\n"))


def test_wheels_that_came_with_the_model_go_along(tmp_path: Path) -> None:
    folder = model_folder(tmp_path, "mlflow==3.17.2\nwheels/own-1.0-py3-none-any.whl\n")
    (folder / "wheels").mkdir()
    wheel = folder / "wheels" / "own-1.0-py3-none-any.whl"
    wheel.touch()
    found = contents.of_model(folder)
    assert "own==1.0" in found.requirements
    assert found.wheels == (wheel,)
