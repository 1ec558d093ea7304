from __future__ import annotations

import pytest
import requests_mock

from fake_content import BASE, FakeContent, Notebook
from modelyard.clock import FakeClock
from modelyard.databricks.files import workspace_tree
from modelyard.databricks.files.entries import NOTEBOOK, Entry
from modelyard.databricks.files.remote_tree import (
    below,
    check_ways,
    folders_of,
    leaves,
    superfluous,
    walk,
)
from modelyard.entries import FILE, FOLDER
from modelyard.errors import AlreadyExists, PermissionDenied
from modelyard.http import Session


def entries(**kinds: str) -> dict[str, Entry]:
    return {name.replace("__", "/"): Entry(f"/t/{name}", kind) for name, kind in kinds.items()}


def test_names_and_folders() -> None:
    assert below("/t", "a/b") == "/t/a/b"
    assert below("/", "a") == "/a"
    assert below("/t", "") == "/t"
    assert folders_of(["a/b/c", "a/d", "e"]) == {"a", "a/b"}
    assert leaves({"a", "a/b", "c"}) == ["a/b", "c"]


def test_walk_goes_into_all_folders_or_only_into_these(clock: FakeClock) -> None:
    with requests_mock.Mocker() as mocker:
        fake = FakeContent(mocker)
        fake.objects.update(
            {"/t": None, "/t/a": None, "/t/a/x": Notebook(b"", "PYTHON", "SOURCE"), "/t/b": None}
        )
        fake.objects["/t/b/y"] = b"12"
        session = Session(BASE, clock=clock)
        found = walk(session, workspace_tree.children, "/t", parallel=2)
        assert {name: entry.kind for name, entry in found.items()} == {
            "a": FOLDER, "a/x": NOTEBOOK, "b": FOLDER, "b/y": FILE,
        }  # fmt: skip
        assert found["b/y"].size == 2
        assert sorted(walk(session, workspace_tree.children, "/t", parallel=2, only={"a"})) == [
            "a", "a/x", "b",
        ]  # fmt: skip


def test_walk_names_the_folder_that_may_not_be_read(clock: FakeClock) -> None:
    with requests_mock.Mocker() as mocker:
        fake = FakeContent(mocker)
        fake.objects.update({"/t": None, "/t/a": None})
        fake.fail("list /t/a", 403, {"error_code": "PERMISSION_DENIED", "message": "no"})
        with pytest.raises(PermissionDenied, match=r"^/t/a: "):
            walk(Session(BASE, clock=clock), workspace_tree.children, "/t", parallel=2)


def test_everything_in_the_way_is_named_at_once() -> None:
    found = entries(train=FOLDER, etl=NOTEBOOK, fine=NOTEBOOK)
    with pytest.raises(AlreadyExists) as caught:
        check_ways(found, {"train": NOTEBOOK, "fine": NOTEBOOK, "new": NOTEBOOK}, {"etl"}, "/t")
    assert caught.value.what.splitlines() == [
        "/t/etl is a notebook, and a folder is to be put there",
        "/t/train is a folder, and a notebook is to be put there",
    ]


def test_superfluous_things_and_the_folders_that_held_only_them() -> None:
    found = entries(
        keep=NOTEBOOK, old=NOTEBOOK, gone=FOLDER, gone__a=NOTEBOOK, gone__in=FOLDER,
        gone__in__b=NOTEBOOK, mixed=FOLDER, mixed__old=NOTEBOOK, mixed__library="library",
        wanted=FOLDER,
    )  # fmt: skip
    things, folders = superfluous(
        found, {"keep"}, {"wanted"}, lambda _, entry: entry.kind in (NOTEBOOK, FOLDER)
    )
    assert things == ["gone/a", "gone/in/b", "mixed/old", "old"]
    assert folders == ["gone/in", "gone"]


def test_what_may_not_be_removed_keeps_its_folders() -> None:
    found = entries(a=FOLDER, a__b=FOLDER, a__b__scratch=FOLDER, a__old=NOTEBOOK)
    things, folders = superfluous(found, (), set(), lambda name, _: not name.endswith("scratch"))
    assert things == ["a/old"]
    assert folders == []
