"""Files of model versions; MLflow's server is pretended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.files.models import Files
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.mlflow.version_files import VALID_SECONDS, VersionFiles
from modelyard.local.cloud.service import Cloud

ROOT = "dbfs:/databricks/mlflow-tracking"
RUN = "0123456789abcdef0123456789abcdef"


class Mlflow:
    """One version whose files are at ``source``."""

    def __init__(self) -> None:
        self.source = f"{ROOT}/7/{RUN}/artifacts/model"

    def call(
        self, method: str, path: str, arguments: Mapping[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if path == "logged-models/m-1":
            return 200, {"model": {"info": {"artifact_uri": f"{ROOT}/7/models/m-1/artifacts"}}}
        return 200, {"model_version": {"source": self.source}}


@pytest.fixture
def mlflow() -> Mlflow:
    return Mlflow()


@pytest.fixture
def files(cloud: Cloud, mlflow: Mlflow) -> VersionFiles:
    storage = Storage(cloud.folder / "databricks")
    for place in (f"7/Runs/{RUN}/artifacts/model", "7/Runs/models/m-1/artifacts",
                  "7/LoggedModels/m-2/artifacts"):  # fmt: skip
        (storage.artifacts / place / "code").mkdir(parents=True)
        (storage.artifacts / place / "MLmodel").write_text(place)
        (storage.artifacts / place / "code" / "a.py").write_text("a")
    (storage.artifacts / "7" / "secret").write_text("another run's")
    return VersionFiles(cloud, mlflow, Files(storage, Unity(cloud, storage)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (f"{ROOT}/7/{RUN}/artifacts/model", f"7/Runs/{RUN}/artifacts/model"),
        ("models:/m-1", "7/Runs/models/m-1/artifacts"),
        (f"{ROOT}/7/logged_models/m-2/artifacts", "7/LoggedModels/m-2/artifacts"),
    ],
)
def test_files_are_found_where_clients_put_them(
    files: VersionFiles, mlflow: Mlflow, source: str, place: str
) -> None:
    mlflow.source = source
    listed = files.entries("wine", "1", "", "me")
    assert [(one["path"], one["is_dir"]) for one in listed] == [
        ("MLmodel", False),
        ("code", True),
    ]
    address = files.sign("wine", "1", "MLmodel", "me")
    secret = address.rpartition("/")[2].partition("?")[0]
    assert files.signed(secret) == f"/WorkspaceInternal/Mlflow/Artifacts/{place}/MLmodel"


def test_a_file_lists_itself_and_nothing_is_empty(files: VersionFiles) -> None:
    assert files.entries("wine", "1", "code/a.py", "me") == [
        {"path": "code/a.py", "is_dir": False, "file_size": 1}
    ]
    assert files.entries("wine", "1", "nothing", "me") == []


@pytest.mark.parametrize("path", ["..", "../../../../secret", "/etc/passwd", "code/../../x"])
def test_nothing_outside_of_the_version_is_shown(files: VersionFiles, path: str) -> None:
    for call in (files.entries, files.sign):
        with pytest.raises(ApiError) as error:
            call("wine", "1", path, "me")
        assert error.value.code == 400


def test_an_address_has_an_end(files: VersionFiles, clock: FakeClock) -> None:
    secret = files.sign("wine", "1", "MLmodel", "me").rpartition("/")[2].partition("?")[0]
    clock.advance(VALID_SECONDS - 1)
    assert files.signed(secret)
    clock.advance(1)
    for one in (secret, "guessed"):
        with pytest.raises(ApiError) as error:
            files.signed(one)
        assert error.value.code == 403


def test_files_that_are_elsewhere_are_named(files: VersionFiles, mlflow: Mlflow) -> None:
    mlflow.source = "s3://bucket/model"
    with pytest.raises(ApiError, match="s3://bucket/model"):
        files.entries("wine", "1", "", "me")
