"""Snapshots: what was sent now, and what an earlier one has."""

from __future__ import annotations

import io
from typing import Any

import pytest

from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.v1.snapshots import NONE, Snapshots
from modelyard.local.cloud.aml.workspaces import Workspace, Workspaces
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs, Conditions

WORKSPACE = Workspace("/w", "wine", "westeurope", "guid", "/providers/x/storageAccounts/winesa")


@pytest.fixture
def blobs(cloud: Cloud) -> Blobs:
    made = Blobs(cloud)
    made.ensure_container("winesa", "azureml")
    return made


@pytest.fixture
def snapshots(cloud: Cloud, blobs: Blobs) -> Snapshots:
    return Snapshots(cloud, Datastores(cloud, Workspaces(cloud), blobs), blobs)


def sent(blobs: Blobs, name: str, text: str) -> dict[str, str]:
    properties = {"content_type": "text/plain", "metadata": {}}
    place = ("winesa", "azureml", f"sent/{text}")
    blobs.put(place, io.BytesIO(text.encode()), properties, Conditions())
    address = f"https://winesa.blob.core.windows.net/azureml/sent/{text}?sig=x"
    return {"FullName": name, "BlobUri": address}


def body(parent: str, files: list[dict[str, str]], *names: str) -> dict[str, Any]:
    children: dict[str, Any] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        where = children
        if folder:
            node = children.setdefault(folder, {"type": "Directory", "children": {}})
            where = node["children"]
        where[file] = {"type": "File"}
    tree = {"type": "Directory", "children": children}
    return {
        "ParentSnapshotId": parent,
        "DirTreeNode": tree,
        "FileRevisionList": {"FileNodes": files},
    }


def contents(snapshots: Snapshots, snapshot: str) -> dict[str, str]:
    return {name: path.read_text() for name, path in snapshots.files(WORKSPACE, snapshot)}


def test_what_has_not_changed_comes_from_the_parent(snapshots: Snapshots, blobs: Blobs) -> None:
    files = [sent(blobs, "a.py", "a1"), sent(blobs, "sub/b.py", "b1"), sent(blobs, "c.py", "c1")]
    snapshots.add(WORKSPACE, "1", body(NONE, files, "a.py", "sub/b.py", "c.py"))
    later = [sent(blobs, "a.py", "a2")]
    snapshots.add(WORKSPACE, "2", body("1", later, "a.py", "sub/b.py"))
    assert contents(snapshots, "1") == {"a.py": "a1", "sub/b.py": "b1", "c.py": "c1"}
    assert contents(snapshots, "2") == {"a.py": "a2", "sub/b.py": "b1"}


def test_a_file_that_was_never_sent_is_refused(snapshots: Snapshots) -> None:
    with pytest.raises(ArmError, match=r"the file a\.py was not sent"):
        snapshots.add(WORKSPACE, "1", body(NONE, [], "a.py"))
    with pytest.raises(ArmError, match="was not found"):
        snapshots.get(WORKSPACE, "1")


def test_an_unknown_parent_is_refused(snapshots: Snapshots, blobs: Blobs) -> None:
    with pytest.raises(ArmError, match="Snapshot 0 was not found"):
        snapshots.add(WORKSPACE, "1", body("0", [sent(blobs, "a.py", "a1")], "a.py"))
