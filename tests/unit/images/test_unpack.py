"""Unpacking layers that somebody else made, perhaps to do harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from modelyard.errors import ImageFailed
from modelyard.images.layout import LAYER, Descriptor, Layout, Manifest
from modelyard.images.unpack import unpack


def file(name: str, text: str = "x", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text), mode
    return info, text.encode()


def special(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o755
    return info, b""


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.DIRTYPE)


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.SYMTYPE, target)


def hard(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.LNKTYPE, target)


Member = tuple[tarfile.TarInfo, bytes]


def unpacked(tmp_path: Path, *layers: Sequence[Member], most: int = 10**6) -> Path:
    """Pack the layers, unpack them into ``root`` and return that."""
    layout = Layout(tmp_path / "layout")
    descriptors = []
    for members in layers:
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as tar:
            for info, data in members:
                tar.addfile(info, io.BytesIO(data))
        descriptors.append(layout.put(gzip.compress(plain.getvalue(), mtime=0), LAYER))
    empty = Descriptor("", "sha256:" + "0" * 64, 0)
    root = tmp_path / "root"
    unpack(layout, Manifest(empty, empty, tuple(descriptors)), root, most)
    return root


def everything(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_upper_layers_cover_lower_ones(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [folder("a"), file("a/1", "low"), file("a/2", "low")],
        [file("./a/2", "high"), file("b/c/3", "high")],
    )
    assert everything(root) == {"a/1": "low", "a/2": "high", "b/c/3": "high"}


def test_a_whiteout_removes_a_file_or_folder_of_a_lower_layer(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [file("a/1"), file("a/2"), file("b/c/3")],
        [file("a/.wh.1"), file(".wh.b"), file("a/.wh.never")],
    )
    assert everything(root) == {"a/2": "x"}


def test_a_whiteout_spares_what_its_own_layer_brought(tmp_path: Path) -> None:
    root = unpacked(tmp_path, [file("a", "low")], [file("a", "high"), file(".wh.a")])
    assert everything(root) == {"a": "high"}


def test_an_opaque_folder_hides_all_that_was_below(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [file("a/1", "low"), file("a/b/2", "low")],
        [file("a/b/3", "high"), file("a/.wh..wh..opq"), file("a/4", "high")],
    )
    assert everything(root) == {"a/b/3": "high", "a/4": "high"}


def test_a_file_takes_the_place_of_a_folder_and_a_folder_that_of_a_link(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [file("a/1"), folder("real"), file("real/kept"), link("b", "real")],
        [file("a", "now a file"), folder("b"), file("b/1", "in the folder")],
    )
    assert everything(root) == {"a": "now a file", "b/1": "in the folder", "real/kept": "x"}


def test_absolute_links_lead_to_the_same_place_inside(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path,
        [file("usr/lib/x", "lib"), link("lib", "/usr/lib"), link("usr/bin/x", "/usr/lib/x")],
    )
    assert (root / "lib" / "x").read_text() == "lib"
    assert (root / "usr" / "bin" / "x").resolve() == (root / "usr" / "lib" / "x").resolve()


def test_writing_goes_through_links_that_stay_inside(tmp_path: Path) -> None:
    root = unpacked(tmp_path, [folder("usr/lib"), link("lib", "usr/lib")], [file("lib/x", "new")])
    assert (root / "usr" / "lib" / "x").read_text() == "new"


def test_hard_links_share_their_file(tmp_path: Path) -> None:
    root = unpacked(tmp_path, [file("a/1", "one"), hard("b/2", "a/1")])
    assert (root / "b" / "2").samefile(root / "a" / "1")


def test_modes_are_kept_without_the_set_uid_bit(tmp_path: Path) -> None:
    root = unpacked(tmp_path, [file("run", mode=0o4755), file("read", mode=0o444)])
    assert (root / "run").stat().st_mode & 0o7777 == 0o755
    assert (root / "read").stat().st_mode & 0o7777 == 0o644


def test_devices_are_left_out(tmp_path: Path) -> None:
    root = unpacked(tmp_path, [special("dev/null", tarfile.CHRTYPE), file("a")])
    assert everything(root) == {"a": "x"}
    assert not (root / "dev" / "null").exists()


@pytest.mark.parametrize(
    "members",
    [
        [file("../out")],
        [file("a/../../out")],
        [file("/etc/out")],
        [link("a", "../out")],
        [folder("d"), link("d/a", "../../out")],
        [link("a", "/../out")],
        [hard("a", "../out")],
        [hard("a", "missing")],
        [link("a", "b"), link("b", "a"), file("a/x")],
        [file("a"), link("b", "a"), hard("c", "b")],
        [file(".wh.")],
        [file(".wh...")],
    ],
    ids=lambda members: " ".join(f"{one[0].name}:{one[0].linkname}" for one in members),
)
def test_nothing_is_written_or_removed_outside(tmp_path: Path, members: list[Member]) -> None:
    outside = tmp_path / "out"
    outside.write_text("mine")
    with pytest.raises(ImageFailed, match="is refused"):
        unpacked(tmp_path, members)
    assert outside.read_text() == "mine"


def test_a_link_put_there_beforehand_is_not_followed_out(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(ImageFailed, match="leads outside over a symbolic link"):
        unpacked(tmp_path, [file("a/x")])
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ImageFailed, match="more bytes than are allowed"):
        unpacked(tmp_path, [file("a", "x" * 600)], [file("b", "x" * 600)], most=1000)


def test_a_layer_that_was_changed_is_refused(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "layout")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        info, data = file("a")
        tar.addfile(info, io.BytesIO(data))
    descriptor = layout.put(plain.getvalue(), LAYER)
    with layout.path(descriptor.digest).open("ab") as changed:
        changed.write(b"\0" * 512)
    empty = Descriptor("", "sha256:" + "0" * 64, 0)
    with pytest.raises(ImageFailed, match="isn't what its digest says"):
        unpack(layout, Manifest(empty, empty, (descriptor,)), tmp_path / "root")


@pytest.mark.parametrize(
    "data",
    # With a time of its own the name of this test would be another in each process.
    [b"", b"(\xb5/\xfd zstd", gzip.compress(b"x" * 600, mtime=0)[:-20]],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    layout = Layout(tmp_path / "layout")
    layer = layout.put(data, "application/vnd.oci.image.layer.v1.tar+zstd")
    assert layer.digest.endswith(digest)
    empty = Descriptor("", "sha256:" + "0" * 64, 0)
    with pytest.raises(ImageFailed, match="can't be read"):
        unpack(layout, Manifest(empty, empty, (layer,)), tmp_path / "root")
