"""Notebooks, files and secrets, as a user imports, uploads and removes them: the command line
against a local cloud, over HTTP, with what goes wrong on a bad day."""

from __future__ import annotations

import gc
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")
HEADER = "# Databricks notebook source\n"
VOLUME = "/Volumes/main/default/content"
PLACES = [f"{VOLUME}/{{name}}", "dbfs:/content/{name}", "/Workspace/Shared/content/{name}"]
DEADLINE = 60.0


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    text: str
    outputs: dict[str, str]


class Client:
    """The command line in a folder of its own, and the cloud's own interface."""

    def __init__(self, cloud: LocalCloud, environment: dict[str, str], folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.job = folder / "job"
        self.environment = {**environment, "MODELYARD_JOB": str(self.job)}
        self.http = requests.Session()
        self.http.trust_env = False
        token = environment["DATABRICKS_TOKEN"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def start(self, *arguments: str, **inputs: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "modelyard", *arguments]
        for name, value in inputs.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, process: subprocess.Popen[str], name: str) -> Done:
        try:
            text, _ = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        path = self.job / f"{name}.outputs.json"
        outputs = json.loads(path.read_text()) if path.exists() else {}
        path.unlink(missing_ok=True)
        return Done(process.returncode, text, outputs)

    def run(self, name: str, **inputs: object) -> Done:
        return self.end(self.start(name, **inputs), name)

    def api(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.http.request(method, f"{self.cloud.url}/api/2.0/{path}", timeout=30, **more)

    def own(self, method: str, path: str, body: object = None) -> Any:
        """The answer of the cloud's own interface."""
        answer = self.http.request(
            method,
            f"{self.cloud.url}/modelyard/{path}",
            json=body,
            headers=self.cloud.admin_headers,
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, **rule: object) -> None:
        self.own("POST", "faults", rule)

    def requests(self, method: str = "", contains: str = "") -> list[dict[str, Any]]:
        answer = self.own("GET", "requests")
        return [
            one
            for one in answer["requests"]
            if method in ("", one["method"]) and contains in one["path"]
        ]

    def writes(self) -> list[str]:
        return [
            f"{one['method']} {one['path']}"
            for one in self.requests()
            if one["method"] not in ("GET", "HEAD") and one["path"].startswith("/api/")
        ]

    def forget(self) -> None:
        self.own("DELETE", "faults")
        self.own("DELETE", "requests")

    def notebook(self, path: str) -> str:
        query = {"path": path, "format": "SOURCE", "direct_download": "true"}
        return self.api("GET", "workspace/export", params=query).text

    def objects(self, path: str) -> dict[str, str]:
        """Type of everything below a folder of the workspace."""
        found: dict[str, str] = {}
        for one in (
            self.api("GET", "workspace/list", params={"path": path}).json().get("objects", [])
        ):
            found[one["path"]] = one["object_type"]
            if one["object_type"] == "DIRECTORY":
                found |= self.objects(one["path"])
        return found

    def stored(self, target: str) -> dict[str, bytes]:
        """Every file below a target by its name there."""
        if target.startswith("dbfs:"):
            root = self.cloud.cloud.folder / "databricks/dbfs" / target.removeprefix("dbfs:/")
        elif target.startswith("/Volumes"):
            root = self.cloud.cloud.folder / "databricks/volumes" / target.removeprefix("/Volumes/")
        else:
            root = self.cloud.cloud.folder / "databricks/workspace-files"
            root /= target.removeprefix("/Workspace/")
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def client(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Iterator[Client]:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    made = Client(cloud, environment, tmp_path)
    made.forget()
    yield made
    made.forget()
    made.http.close()
    gc.collect()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"t{secrets.token_hex(4)}"


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


def cells(*texts: str) -> str:
    listed = [
        {"cell_type": "code", "source": [text], "outputs": [], "metadata": {}} for text in texts
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed})


def test_notebooks_of_a_repository(client: Client, name: str) -> None:
    source = client.folder / "notebooks"
    write(
        source,
        train_py=HEADER + "print('train')\n",
        helper_py="x = 1\n",
        explore_ipynb=cells("1 + 1", "2"),
        etl__load_sql="SELECT 1",
        etl__plot_R="x <- 1",
        etl__empty_py="",
    )
    target = f"/Shared/{name}"
    first = client.run("notebooks-import", source="notebooks", target=target)
    assert first.code == 0, first.text
    assert first.outputs["imported"] == "6"
    assert client.objects(target) == {
        f"{target}/{one}": "NOTEBOOK"
        for one in ("train", "helper", "explore", "etl/load", "etl/plot", "etl/empty")
    } | {f"{target}/etl": "DIRECTORY"}
    assert "print('train')" in client.notebook(f"{target}/train")
    client.forget()
    again = client.run("notebooks-import", source="notebooks", target=target)
    assert again.code == 0, again.text
    assert f"{target}: 6 unchanged" in again.text
    assert client.writes() == []
    (source / "helper.py").unlink()
    write(source, train_py=HEADER + "print('more')\n")
    dry = client.run(
        "notebooks-import", source="notebooks", target=target, prune=True, dry_run=True
    )
    assert f"{target}: dry run, 1 imported, 4 unchanged, 1 removed" in dry.text
    assert client.writes() == []
    done = client.run("notebooks-import", source="notebooks", target=target, prune="true")
    assert done.code == 0, done.text
    assert f"{target}: 1 imported, 4 unchanged, 1 removed" in done.text
    assert f"{target}/helper" not in client.objects(target)
    assert "print('more')" in client.notebook(f"{target}/train")


def test_plain_python_stays_a_module(client: Client, name: str) -> None:
    write(client.folder / "nb", train_py=HEADER + "import lib.core", lib__core_py="x = 1\n")
    (client.folder / "nb/lib/__init__.py").write_bytes(b"")
    inputs = {"source": "nb", "target": f"/Shared/{name}", "plain_python": "file"}
    done = client.run("notebooks-import", **inputs)
    assert done.code == 0, done.text
    kinds = client.objects(f"/Shared/{name}")
    assert kinds[f"/Shared/{name}/train"] == "NOTEBOOK"
    assert kinds[f"/Shared/{name}/lib/core.py"] == "FILE"
    assert kinds[f"/Shared/{name}/lib/__init__.py"] == "FILE"
    assert f"/Shared/{name}: 3 unchanged" in client.run("notebooks-import", **inputs).text


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "reset", "when": "before"},
        {"action": "reset", "when": "after"},
        {"action": "cut", "when": "after"},
        {"action": "status", "status": 503},
        {"action": "status", "status": 429, "headers": {"Retry-After": "1"}, "times": 3},
    ],
)
def test_an_import_survives(client: Client, name: str, rule: dict[str, Any]) -> None:
    write(client.folder / "nb", **{f"n{number}_py": f"x = {number}" for number in range(12)})
    client.fault(path="/api/2.0/workspace/import", **{"skip": 3, "times": 2, **rule})
    done = client.run("notebooks-import", source="nb", target=f"/Shared/{name}")
    assert done.code == 0, done.text
    assert len(client.objects(f"/Shared/{name}")) == 12
    assert f"/Shared/{name}: 12 imported" in done.text


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        ({"action": "html"}, 13, "not with a JSON object"),
        ({"action": "status", "status": 403}, 11, "the identity has no right"),
    ],
)
def test_an_import_that_cant_go_on(
    client: Client, name: str, rule: dict[str, Any], code: int, message: str
) -> None:
    write(client.folder / "nb", **{f"n{number}_py": f"x = {number}" for number in range(6)})
    client.fault(path="/api/2.0/workspace/import", skip=2, **rule)
    inputs = {"source": "nb", "target": f"/Shared/{name}", "parallel": 1}
    failed = client.run("notebooks-import", **inputs)
    assert failed.code == code, failed.text
    assert message in failed.text
    assert "2 of 6 notebooks were imported, each of them whole" in failed.text
    assert client.environment["DATABRICKS_TOKEN"] not in failed.text
    done = client.run("notebooks-import", **inputs)
    assert done.code == 0, done.text
    assert f"/Shared/{name}: 4 imported, 2 unchanged" in done.text


@pytest.mark.parametrize("place", PLACES)
def test_files_go_to_each_place_and_back(client: Client, name: str, place: str) -> None:
    target = place.format(name=name)
    large = os.urandom(3_000_000)
    write(client.folder / "dist", model_bin=large, a__x_csv=b"1,2", a__b__empty_txt=b"")
    (client.folder / "dist/a/nb.py").write_text(HEADER)
    (client.folder / "dist/a/sp ace ü#%.txt").write_text("odd")
    first = client.run("files-upload", source="dist", target=target)
    assert first.code == 0, first.text
    assert client.stored(target) == {
        "model.bin": large,
        "a/x.csv": b"1,2",
        "a/b/empty.txt": b"",
        "a/nb.py": HEADER.encode(),
        "a/sp ace ü#%.txt": b"odd",
    }
    client.forget()
    again = client.run("files-upload", source="dist", target=target)
    assert f"{target}: 5 unchanged" in again.text, again.text
    assert client.writes() == []
    (client.folder / "dist/a/x.csv").unlink()
    write(client.folder / "dist", model_bin=large[:-1] + b"!")
    pruned = client.run("files-upload", source="dist", target=target, prune="true")
    assert f"{target}: 1 uploaded, 3 unchanged, 1 removed (3.0 MB)" in pruned.text, pruned.text
    assert client.stored(target)["model.bin"] == large[:-1] + b"!"
    assert "a/x.csv" not in client.stored(target)
    refused = client.run("files-remove", paths=target)
    assert refused.code == 17, refused.text
    gone = client.run("files-remove", paths=target, recursive="true")
    assert gone.code == 0, gone.text
    assert json.loads(gone.outputs["removed"]) == [target]
    assert client.stored(target) == {}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "rule",
    [
        {"action": "reset", "when": "before"},
        {"action": "reset", "when": "after"},
        {"action": "status", "status": 503, "when": "after"},
        {"action": "status", "status": 429, "headers": {"Retry-After": "1"}},
    ],
)
def test_an_upload_survives(client: Client, name: str, place: str, rule: dict[str, Any]) -> None:
    target = place.format(name=name)
    files = {f"f{number}_bin": os.urandom(1_300_000) for number in range(3)}
    write(client.folder / "dist", **files)
    for path in ("/api/2.0/fs/files/*", "/api/2.0/dbfs/add-block", "/api/2.0/workspace/import"):
        method = "PUT" if "fs/files" in path else "POST"
        client.fault(path=path, method=method, times=2, **rule)
    done = client.run("files-upload", source="dist", target=target)
    assert done.code == 0, done.text
    assert client.stored(target) == {
        name.replace("_", "."): content for name, content in files.items()
    }


def test_a_web_page_is_no_upload(client: Client, name: str) -> None:
    write(client.folder / "dist", a_bin=b"1")
    client.fault(action="html", path="/api/2.0/fs/files/*", method="PUT")
    done = client.run("files-upload", source="dist", target=f"{VOLUME}/{name}")
    assert done.code == 13, done.text
    assert client.stored(f"{VOLUME}/{name}") == {}


@pytest.mark.parametrize(
    ("place", "number"),
    [*((place, signal.SIGINT) for place in PLACES), (PLACES[0], signal.SIGTERM)],
)
def test_a_cancel_in_the_middle_loses_nothing(
    client: Client, name: str, place: str, number: signal.Signals
) -> None:
    target = place.format(name=name)
    files = {f"f{one}.bin": os.urandom(2_200_000) for one in range(8)}
    write(client.folder / "dist", **{one.replace(".", "_"): data for one, data in files.items()})
    slow = {"action": "delay", "seconds": 0.4, "times": None}
    for method, path in (
        ("PUT", "/api/2.0/fs/files/*"),
        ("POST", "/api/2.0/dbfs/add-block"),
        ("POST", "/api/2.0/workspace/import"),
    ):
        client.fault(method=method, path=path, **slow)
    started = time.monotonic()
    process = client.start("files-upload", source="dist", target=target, parallel=2)
    until(lambda: client.stored(target), "the first file")
    process.send_signal(number)
    cancelled = client.end(process, "files-upload")
    assert cancelled.code == 128 + number, cancelled.text
    assert "of 8 files were sent, each of them whole; a new run sends the rest" in cancelled.text
    assert time.monotonic() - started < 30
    there = client.stored(target)
    assert 0 < len(there) < 8
    assert {one: files[one] for one in there} == there, "half a file, or a part, was left"
    client.forget()
    done = client.run("files-upload", source="dist", target=target)
    assert done.code == 0, done.text
    assert f"{target}: {8 - len(there)} uploaded, {len(there)} unchanged" in done.text
    assert client.stored(target) == files


def test_removal_at_the_end_of_the_job(client: Client, name: str) -> None:
    target = f"dbfs:/content/{name}"
    more = {"paths": target, "recursive": "true", "when": "at-end"}
    kept = client.run("files-remove", **more)
    assert kept.code == 0, kept.text
    write(client.folder / "dist", a_bin=b"1")
    assert client.run("files-upload", source="dist", target=target).code == 0
    assert client.stored(target)
    released = client.end(client.start("release", "files-remove", **more), "files-remove")
    assert released.code == 0, released.text
    assert client.stored(target) == {}


def test_a_secret_scope(client: Client, name: str) -> None:
    value = f"{secrets.token_hex(16)}\n{secrets.token_hex(16)}"
    client.environment["AML_CLIENT_SECRET"] = value
    inputs = {
        "scope": name,
        "secrets": "client_secret: AML_CLIENT_SECRET",
        "permissions": "users: READ",
    }
    client.fault(action="reset", when="after", path="/api/2.0/secrets/scopes/create")
    client.fault(action="reset", when="after", path="/api/2.0/secrets/put")
    done = client.run("secret-scope", **inputs)
    assert done.code == 0, done.text
    assert done.outputs["created"] == "true"
    assert all(line not in done.text for line in value.splitlines())
    found = client.api("GET", "secrets/list", params={"scope": name}).json()["secrets"]
    assert [one["key"] for one in found] == ["client_secret"]
    again = client.run("secret-scope", **inputs)
    assert f"secret scope {name}: unchanged" in again.text
    assert f"secret scope {name}: permission of users: unchanged" in again.text


def test_a_scope_on_a_key_vault_needs_an_entra_identity(client: Client, name: str) -> None:
    vault = "/subscriptions/s/resourceGroups/lake/providers/Microsoft.KeyVault/vaults/lake"
    inputs = {"scope": name, "backend": "azure-key-vault", "key_vault_resource_id": vault}
    refused = client.run("secret-scope", **inputs)
    assert refused.code == 11, refused.text
    assert "can't be made with a Databricks access token" in refused.text
