from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as mocking

from modelyard import downloads
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.mlflow import mlflow_artifacts, mlflow_models, mlflow_runs
from modelyard.databricks.mlflow.mlflow_artifacts import DbfsStore, FilesStore
from modelyard.errors import FileError, NoModel, NotFound, ServiceError, Unreachable
from modelyard.http import Session
from unit.job_workspace import HOST, JobWorkspace

INTERNAL = "/WorkspaceInternal/Mlflow/Artifacts/7"
FILES = {"MLmodel": b"flavors: {}\n", "model.skops": b"\x00\x01" * 700, "code/a.py": b"x = 1\n"}


@pytest.fixture
def mocker() -> Iterator[mocking.Mocker]:
    with mocking.Mocker() as mocker:
        yield mocker


@pytest.fixture
def workspace(mocker: mocking.Mocker, clock: FakeClock) -> JobWorkspace:
    return JobWorkspace(mocker, clock)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def logged_model(workspace: JobWorkspace, run_id: str, name: str, uri: str = "") -> str:
    """As MLflow 3 keeps it, apart from its run."""
    model_id = f"m-{len(workspace.models)}"
    uri = uri or f"dbfs:/databricks/mlflow-tracking/7/logged_models/{model_id}/artifacts"
    info = {"model_id": model_id, "name": name, "source_run_id": run_id, "artifact_uri": uri}
    workspace.models.append({"info": {**info, "status": "LOGGED_MODEL_READY"}})
    for path, content in FILES.items():
        workspace.files[f"{INTERNAL}/LoggedModels/{model_id}/artifacts/{path}"] = content
    return model_id


def model_of(session: Session, run_id: str, name: str = "model") -> mlflow_models.Model:
    return mlflow_models.find(session, mlflow_runs.get(session, run_id), name)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_model_of_mlflow_3_is_downloaded(
    workspace: JobWorkspace, session: Session, tmp_path: Path
) -> None:
    workspace.add_mlflow("other")
    logged_model(workspace, "other", "model")
    workspace.add_mlflow("ab")
    model_id = logged_model(workspace, "ab", "model")
    model = model_of(session, "ab")
    assert (model.uri, model.model_id) == ("runs:/ab/model", model_id)
    assert mlflow_models.download(session, model, tmp_path / "model") == 3
    assert content(tmp_path / "model") == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_model_of_mlflow_2_is_among_the_artifacts_of_its_run(
    workspace: JobWorkspace, session: Session, tmp_path: Path
) -> None:
    workspace.add_mlflow("ab")
    for path, one in FILES.items():
        workspace.files[f"{INTERNAL}/Runs/ab/artifacts/model/{path}"] = one
    workspace.files[f"{INTERNAL}/Runs/ab/artifacts/plot.png"] = b"not of the model"
    model = model_of(session, "ab")
    assert (model.uri, model.model_id) == ("runs:/ab/model", "")
    mlflow_models.download(session, model, tmp_path / "deep" / "model")
    assert content(tmp_path / "deep" / "model") == FILES


def test_a_run_without_such_a_model_says_which_it_has(
    workspace: JobWorkspace, session: Session, mocker: mocking.Mocker
) -> None:
    workspace.add_mlflow("ab")
    model_id = logged_model(workspace, "ab", "elastic")
    workspace.mlflow["ab"]["outputs"] = {"model_outputs": [{"model_id": model_id}]}
    mocker.get(
        f"{HOST}/api/2.0/mlflow/logged-models/{model_id}", json={"model": workspace.models[0]}
    )
    mocker.get(f"{HOST}/api/2.0/mlflow/artifacts/list", json={"root_uri": "x"})
    with pytest.raises(NoModel, match="run ab logged no model named 'model'; it logged elastic"):
        model_of(session, "ab")


@pytest.mark.parametrize(
    ("uri", "kind", "root"),
    [
        (
            "dbfs:/databricks/mlflow-tracking/7/ab/artifacts",
            FilesStore,
            f"{INTERNAL}/Runs/ab/artifacts",
        ),
        (
            "dbfs:/databricks/mlflow-tracking/7/logged_models/m-1/artifacts/",
            FilesStore,
            f"{INTERNAL}/LoggedModels/m-1/artifacts",
        ),
        (
            "dbfs:/databricks/mlflow-tracking/7/models/m-1/artifacts",
            FilesStore,
            f"{INTERNAL}/Runs/models/m-1/artifacts",
        ),
        ("dbfs:/Volumes/main/ml/runs/ab", FilesStore, "/Volumes/main/ml/runs/ab"),
        ("dbfs:/mnt/runs/ab", DbfsStore, "/mnt/runs/ab"),
    ],
)  # fmt: skip
def test_where_artifacts_are(uri: str, kind: type, root: str, session: Session) -> None:
    store: Any = mlflow_artifacts.store(session, uri)
    assert type(store) is kind
    assert store.root == root


@pytest.mark.parametrize(
    "uri", ["s3://b/x", "abfss://c@a/x", "", "dbfs:", "dbfs:/databricks/../etc", "file:///etc"]
)
def test_other_places_are_refused(uri: str, session: Session) -> None:
    with pytest.raises(ServiceError):
        mlflow_artifacts.store(session, uri)


@pytest.mark.parametrize("name", ["..", ".", "a\\b", "C:x", "a\nb", "a\x00b"])
def test_no_name_leads_out_of_the_folder(
    name: str,
    workspace: JobWorkspace,
    session: Session,
    mocker: mocking.Mocker,
    tmp_path: Path,
) -> None:
    workspace.add_mlflow("ab")
    logged_model(workspace, "ab", "model")
    evil = {"path": f"/x/{name}", "name": name, "is_directory": False, "file_size": 3}
    folder = f"{INTERNAL}/LoggedModels/m-0/artifacts"
    mocker.get(f"{HOST}/api/2.0/fs/directories{folder}", json={"contents": [evil]})
    files = [{"path": name, "is_dir": False, "file_size": 3}]
    mocker.get(
        f"{HOST}/api/2.0/mlflow/logged-models/m-0/artifacts/directories", json={"files": files}
    )
    with pytest.raises(ServiceError, match="lead out of the folder"):
        mlflow_models.download(session, model_of(session, "ab"), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_short_file_is_fetched_again(
    workspace: JobWorkspace, session: Session, mocker: mocking.Mocker, tmp_path: Path
) -> None:
    workspace.add_mlflow("ab")
    logged_model(workspace, "ab", "model")
    file = f"{HOST}/api/2.0/fs/files{INTERNAL}/LoggedModels/m-0/artifacts/MLmodel"
    mocker.get(file, [{"content": b"fla"}, {"content": FILES["MLmodel"]}])
    mlflow_models.download(session, model_of(session, "ab"), tmp_path / "model")
    assert content(tmp_path / "model") == FILES


def test_a_file_that_stays_short_is_an_error_and_leaves_nothing(
    workspace: JobWorkspace, session: Session, mocker: mocking.Mocker, tmp_path: Path
) -> None:
    workspace.add_mlflow("ab")
    logged_model(workspace, "ab", "model")
    file = f"{HOST}/api/2.0/fs/files{INTERNAL}/LoggedModels/m-0/artifacts/MLmodel"
    mocker.get(file, content=b"fla")
    with pytest.raises(Unreachable, match="MLmodel has 12 bytes, and 3 of them came"):
        mlflow_models.download(session, model_of(session, "ab"), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_model_is_replaced_and_nothing_else(
    workspace: JobWorkspace, session: Session, tmp_path: Path
) -> None:
    workspace.add_mlflow("ab")
    logged_model(workspace, "ab", "model")
    model, target = model_of(session, "ab"), tmp_path / "model"
    target.mkdir()
    (target / "MLmodel").write_text("old")
    (target / "old.pkl").write_text("old")
    mlflow_models.download(session, model, target)
    assert content(target) == FILES
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "thesis.txt").write_text("years of work")
    with pytest.raises(FileError, match="isn't empty, and holds what no earlier download left"):
        mlflow_models.download(session, model, papers)
    assert (papers / "thesis.txt").read_text() == "years of work"
    with pytest.raises(FileError, match="is a file"):
        mlflow_models.download(session, model, papers / "thesis.txt")


@pytest.mark.parametrize("kind", ["logged model", "run"])
def test_where_the_files_api_refuses_links_are_used(
    kind: str, workspace: JobWorkspace, session: Session, mocker: mocking.Mocker, tmp_path: Path
) -> None:
    workspace.add_mlflow("ab")
    api, base = f"{HOST}/api/2.0/mlflow", ""
    refused = {"status_code": 403, "json": {"error_code": "PERMISSION_DENIED", "message": "no"}}
    if kind == "run":
        base = "model/"
        folder = f"{INTERNAL}/Runs/ab/artifacts/model"
        listing, credentials = f"{api}/artifacts/list", f"{api}/artifacts/credentials-for-read"
    else:
        logged_model(workspace, "ab", "model")
        folder = f"{INTERNAL}/LoggedModels/m-0/artifacts"
        artifacts = f"{api}/logged-models/m-0/artifacts"
        listing, credentials = f"{artifacts}/directories", f"{artifacts}/credentials-for-download"
    mocker.get(f"{HOST}/api/2.0/fs/directories{folder}", **refused)

    def listed(request: Any, context: Any) -> Any:
        below = request.qs.get("path") or request.qs.get("artifact_directory_path") or [""]
        if below[0].endswith("code"):
            return {"files": [{"path": f"{base}code/a.py", "is_dir": False, "file_size": 6}]}
        files = [
            {"path": f"{base}{n}", "file_size": len(FILES[n])} for n in ("MLmodel", "model.skops")
        ]
        return {"files": [*files, {"path": f"{base}code", "is_dir": True}]}

    def link(request: Any, context: Any) -> Any:
        body = request.json()
        (path,) = body.get("path") or body.get("paths")
        found = {
            "signed_uri": f"https://store.example/{path}?sig=made-up",
            "headers": [{"name": "x-ms-version", "value": "2"}],
        }
        return {"credential_infos": [found], "credentials": [{"credential_info": found}]}

    mocker.get(listing, json=listed)
    mocker.post(credentials, json=link)
    for name, one in FILES.items():
        mocker.get(
            f"https://store.example/{base}{name}",
            content=one,
            request_headers={"x-ms-version": "2"},
        )
    mlflow_models.download(session, model_of(session, "ab"), tmp_path / "model")
    assert content(tmp_path / "model") == FILES
    elsewhere = [one for one in mocker.request_history if "store.example" in one.url]
    assert elsewhere
    assert all("Authorization" not in one.headers for one in elsewhere)


def test_nothing_to_download(session: Session, workspace: JobWorkspace, tmp_path: Path) -> None:
    store = FilesStore(session, "/nowhere")
    with pytest.raises(NotFound, match="no files at /nowhere"):
        downloads.download(store, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
