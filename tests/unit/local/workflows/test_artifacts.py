"""What stands in for GitHub's artifact actions.

Source: README and ``action.yml`` of actions/upload-artifact 7 and actions/download-artifact 8.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.local.workflows.artifact_action import ActionError, download, upload
from workflow_files import write


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where artifacts are kept; the working folder has some files."""
    files = ["out/a.txt", "out/deep/b.txt", "out/.hidden/c.txt", "out/deep/d.log", "logs/e.log"]
    write(tmp_path / "work", dict.fromkeys(files, "x\n"))
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "store").mkdir()
    return tmp_path / "store"


def given(**inputs: str) -> dict[str, str]:
    return {f"INPUT_{name.upper().replace('_', '-')}": value for name, value in inputs.items()}


def kept(store: Path, name: str = "artifact") -> list[str]:
    folder = store / name
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("out", ["a.txt", "deep/b.txt", "deep/d.log"]),
        ("out/", ["a.txt", "deep/b.txt", "deep/d.log"]),
        ("out/a.txt", ["a.txt"]),
        ("out/**/*.txt", ["a.txt", "deep/b.txt"]),
        ("out/d*", ["deep/b.txt", "deep/d.log"]),
        ("out/\n!out/**/*.log", ["a.txt", "deep/b.txt"]),
        ("out/a.txt\nlogs", ["logs/e.log", "out/a.txt"]),
        ("out/**/[bd].*", ["deep/b.txt", "deep/d.log"]),
    ],
)
def test_what_a_path_chooses(store: Path, path: str, files: list[str]) -> None:
    outputs = upload(store, given(path=path))

    assert kept(store) == files
    assert outputs["artifact-url"] == (store / "artifact").as_uri()
    assert len(outputs["artifact-digest"]) == 64


def test_hidden_files_only_when_asked_for(store: Path) -> None:
    upload(store, given(path="out", name="all", include_hidden_files="true"))

    assert ".hidden/c.txt" in kept(store, "all")


def test_one_file_as_it_is(store: Path) -> None:
    upload(store, given(path="out/a.txt", name="other", archive="false"))

    assert kept(store, "a.txt") == ["a.txt"]
    with pytest.raises(ActionError, match="takes one file, and 3 were found"):
        upload(store, given(path="out", archive="false"))


def test_a_name_is_taken_once(store: Path) -> None:
    upload(store, given(path="out", name="one"))

    with pytest.raises(ActionError, match="has an artifact one already"):
        upload(store, given(path="logs", name="one"))
    assert kept(store, "one") == ["a.txt", "deep/b.txt", "deep/d.log"]
    upload(store, given(path="logs", name="one", overwrite="true"))
    assert kept(store, "one") == ["e.log"]
    assert {one.name for one in store.iterdir()} == {"one"}


@pytest.mark.parametrize("name", ["a/b", "..", "a:b"])
def test_a_name_that_leads_elsewhere(store: Path, name: str) -> None:
    with pytest.raises(ActionError, match="can't be the name of an artifact"):
        upload(store, given(path="out", name=name))


def test_no_files(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ActionError, match="no files were found for 'none'"):
        upload(store, given(path="none", if_no_files_found="error"))
    assert upload(store, given(path="none", if_no_files_found="ignore")) == {}
    assert capsys.readouterr().out == ""
    assert upload(store, given(path="none")) == {}
    assert capsys.readouterr().out.startswith("::warning::no files were found for 'none'")
    with pytest.raises(ActionError, match="path is empty"):
        upload(store, given(path="!out"))


def test_download_by_name(store: Path) -> None:
    upload(store, given(path="out", name="one"))

    outputs = download(store, given(name="one", path="there"))

    assert Path("there/deep/b.txt").is_file()
    assert outputs == {"download-path": str(Path("there").resolve())}
    with pytest.raises(ActionError, match="no artifact two in this run, only: one"):
        download(store, given(name="two"))


def test_download_several(store: Path) -> None:
    ids = {}
    for name in ("a-1", "a-2", "b"):
        write(Path(name), {f"{name}.txt": "x"})
        ids[name] = upload(store, given(path=name, name=name))["artifact-id"]

    download(store, given(path="all"))
    download(store, given(path="some", pattern="a-*"))
    download(store, given(path="flat", pattern="a-*", merge_multiple="true"))
    download(store, given(path="id", artifact_ids=ids["b"]))

    found = {name: sorted(str(one.relative_to(name)) for one in Path(name).rglob("*.txt"))
             for name in ("all", "some", "flat", "id")}  # fmt: skip
    assert found == {
        "all": ["a-1/a-1.txt", "a-2/a-2.txt", "b/b.txt"],
        "some": ["a-1/a-1.txt", "a-2/a-2.txt"],
        "flat": ["a-1.txt", "a-2.txt"],
        "id": ["b.txt"],
    }
    with pytest.raises(ActionError, match="can't both be given"):
        download(store, given(name="b", artifact_ids="1"))
