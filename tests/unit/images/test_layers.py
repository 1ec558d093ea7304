"""Layers: the same bytes for the same files, and nothing that isn't theirs."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import tarfile
from pathlib import Path

import pytest

from modelyard.errors import ImageFailed
from modelyard.images.layers import Entry, Layer, file_entry, tree, write_layer


def sources(folder: Path) -> Path:
    folder.mkdir()
    (folder / "b").mkdir()
    (folder / "b" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "b" / "run.sh").chmod(0o700)
    (folder / "a.txt").write_text("a")
    (folder / "a.txt").chmod(0o600)
    (folder / "link").symlink_to("b/run.sh")
    return folder


def members(layer: Layer) -> list[tarfile.TarInfo]:
    with tarfile.open(layer.path) as tar:
        return tar.getmembers()


def test_two_copies_made_at_different_times_give_one_digest(tmp_path: Path) -> None:
    first, second = sources(tmp_path / "1"), sources(tmp_path / "2")
    os.utime(second / "a.txt", (1, 1))
    (second / "b").chmod(0o777)
    layers = [write_layer(tree(one, "/srv"), tmp_path / "out") for one in (first, second)]
    assert layers[0] == layers[1]
    assert layers[0].path.name == layers[0].digest.removeprefix("sha256:")


def test_another_byte_gives_another_digest(tmp_path: Path) -> None:
    folder = sources(tmp_path / "1")
    before = write_layer(tree(folder, "srv"), tmp_path / "out")
    (folder / "a.txt").write_text("b")
    assert write_layer(tree(folder, "srv"), tmp_path / "out").digest != before.digest


def test_entries_belong_to_root_and_have_one_of_two_modes(tmp_path: Path) -> None:
    layer = write_layer(tree(sources(tmp_path / "1"), "/srv/app"), tmp_path / "out")
    found = {member.name: member for member in members(layer)}
    assert list(found) == ["srv", "srv/app", "srv/app/a.txt", "srv/app/b", "srv/app/b/run.sh",
                           "srv/app/link"]  # fmt: skip
    assert {(one.uid, one.gid, one.mtime, one.uname) for one in found.values()} == {(0, 0, 0, "")}
    assert found["srv/app/a.txt"].mode == 0o644
    assert found["srv/app/b/run.sh"].mode == 0o755
    assert found["srv/app/link"].linkname == "b/run.sh"


def test_digests_are_of_the_compressed_and_the_plain_archive(tmp_path: Path) -> None:
    layer = write_layer([Entry("a", b"text", mode=0o644)], tmp_path)
    data = layer.path.read_bytes()
    assert layer.digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert layer.diff_id == "sha256:" + hashlib.sha256(gzip.decompress(data)).hexdigest()
    assert layer.size == len(data)


def test_of_two_entries_with_one_path_the_later_counts(tmp_path: Path) -> None:
    layer = write_layer([Entry("a/b", b"1", mode=0o644), Entry("a/b", b"22", mode=0o644)], tmp_path)
    assert [(one.name, one.size) for one in members(layer)] == [("a", 0), ("a/b", 2)]


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside"])
def test_a_link_that_leads_out_is_refused(tmp_path: Path, target: str) -> None:
    folder = sources(tmp_path / "1")
    (folder / "bad").symlink_to(target)
    with pytest.raises(ImageFailed, match="leads out of its folder"):
        write_layer(tree(folder, "srv"), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sources(tmp_path / "1")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(ImageFailed, match="neither a file nor a folder"):
            list(tree(folder, "srv"))


@pytest.mark.parametrize("path", ["", "/", "a/../../b"])
def test_a_path_outside_of_the_image_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ImageFailed, match="not a path inside"):
        write_layer([Entry(path, b"x")], tmp_path)


def test_what_is_not_kept_is_left_out_with_what_is_below(tmp_path: Path) -> None:
    found = list(tree(sources(tmp_path / "1"), "srv", lambda name: name != "b"))
    assert [one.path for one in found] == ["srv", "srv/a.txt", "srv/link"]


def test_a_single_file_keeps_only_whether_it_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "x").touch(mode=0o640)
    assert file_entry("x", tmp_path / "x").mode == 0o644
