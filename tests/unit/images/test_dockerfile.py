"""The build context that docker and podman get."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import ImageFailed, InputError
from modelyard.images import dockerfile
from modelyard.images.contents import of_model
from tiny_image import contents, model_folder


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "own-1.0-py3-none-any.whl").write_bytes(b"wheel")
    return folder


def lines(context: Path) -> list[str]:
    return (context / "Dockerfile").read_text().splitlines()


def test_packages_are_installed_offline_in_a_stage_of_their_own(
    tmp_path: Path, context: Path, wheels: Path
) -> None:
    model = model_folder(tmp_path / "model")
    dockerfile.write_context(of_model(model), context, base="base:1", wheels=wheels, offline=True)
    found = lines(context)
    assert found[0] == "FROM base:1 AS packages"
    [pip] = [line for line in found if "pip" in line]
    assert '"--no-index"' in pip
    assert '"--target", "/opt/modelyard/packages"' in pip
    last = found[found.index("FROM base:1") :]
    assert "COPY --from=packages /opt/modelyard/packages /opt/modelyard/packages" in last
    assert not any("wheels" in line for line in last)
    assert (context / "wheels" / "own-1.0-py3-none-any.whl").read_bytes() == b"wheel"
    assert "mlflow-skinny==3.17.2\n" in (context / "requirements.txt").read_text()


def test_the_image_runs_as_nobody_and_says_how(tmp_path: Path, context: Path) -> None:
    model = model_folder(tmp_path / "model")
    dockerfile.write_context(of_model(model), context, base="b", wheels=None, offline=False)
    found = lines(context)
    assert "USER 65534:65534" in found[found.index("FROM b") :]
    assert found[-1] == 'CMD ["python3", "-m", "uvicorn", "mlflow.pyfunc.scoring_server.app:app"]'
    assert "ENTRYPOINT []" in found
    assert "EXPOSE 8080" in found
    assert 'ENV __pyfunc_model_path__="/opt/ml/model"' in found
    assert 'LABEL "io.modelyard.python"="3.11"' in found
    assert (context / "files" / "0" / "MLmodel").is_file()
    assert 'COPY ["files/0", "/opt/ml/model"]' in found
    assert not any("--no-index" in line for line in found)


def test_a_base_with_another_python_ends_the_build(tmp_path: Path, context: Path) -> None:
    model = model_folder(tmp_path / "model")
    dockerfile.write_context(of_model(model), context, base="b", wheels=None, offline=False)
    [check] = [line for line in lines(context) if "version_info" in line]
    assert "the model needs Python 3.11" in check


def test_without_packages_there_is_one_stage(tmp_path: Path, context: Path) -> None:
    tiny = contents(tmp_path / "app", "a")
    dockerfile.write_context(tiny, context, base="b", wheels=None, offline=False)
    assert [line for line in lines(context) if line.startswith("FROM")] == ["FROM b"]
    assert not (context / "wheels").exists()


def test_what_only_its_owner_may_read_everybody_may_read_in_the_image(
    tmp_path: Path, context: Path
) -> None:
    model = model_folder(tmp_path / "model")
    (model / "model.bin").chmod(0o600)
    (model / "sub").mkdir(mode=0o700)
    dockerfile.write_context(of_model(model), context, base="b", wheels=None, offline=False)
    assert (context / "files" / "0" / "model.bin").stat().st_mode & 0o777 == 0o644
    assert (context / "files" / "0" / "sub").stat().st_mode & 0o777 == 0o755


def test_nothing_in_a_value_is_expanded(tmp_path: Path, context: Path) -> None:
    tiny = contents(tmp_path / "app", "a", {"TRICKY": 'a "b" $HOME \\ c'})
    dockerfile.write_context(tiny, context, base="b", wheels=None, offline=False)
    assert r'ENV TRICKY="a \"b\" \$HOME \\ c"' in lines(context)


def test_a_value_cannot_add_an_instruction(tmp_path: Path, context: Path) -> None:
    tiny = contents(tmp_path / "app", "a", {"TRICKY": "a\nRUN rm -rf /"})
    with pytest.raises(InputError, match="one line only"):
        dockerfile.write_context(tiny, context, base="b", wheels=None, offline=False)


def test_a_model_cannot_bring_files_from_elsewhere(tmp_path: Path, context: Path) -> None:
    model = model_folder(tmp_path / "model")
    (model / "secret").symlink_to("/etc/hostname")
    with pytest.raises(ImageFailed, match="leads out of its folder"):
        dockerfile.write_context(of_model(model), context, base="b", wheels=None, offline=False)
