"""Rights on folders of a data lake: what the file says of them, and the commands by hand."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from az_tenant import OWN, Tenant
from modelyard.errors import FileError
from modelyard.project import document, folders
from modelyard.project.fields import Mistakes, Section
from modelyard.project.folders import Folder

FOLDER = Folder("winelake", "wine", "raw/2026", "rwx")


def read(folder: Path, text: str) -> Folder:
    path = folder / "modelyard.yml"
    path.write_text(text, encoding="utf-8")
    mistakes = Mistakes()
    found = folders.read(Section(document.read(path), "azure.folders[0]", folders.KEYS, mistakes))
    mistakes.check()
    return found


def test_a_folder_is_all_of_the_container_unless_it_is_named(tmp_path: Path) -> None:
    whole = read(tmp_path, "{account: winelake, container: wine}")
    assert (whole, whole.way) == (Folder("winelake", "wine", "/", "rwx"), ())
    part = read(tmp_path, "{account: winelake, container: wine, path: /raw/2026/}")
    assert (part, part.way) == (FOLDER, ("/", "raw"))
    assert (whole.name, part.name) == ("winelake/wine", "winelake/wine/raw/2026")
    assert read(tmp_path, "{account: winelake, container: $web}").container == "$web"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("account: Wine.Lake, container: wine", "no name of a storage account"),
        ("account: winelake", "container is missing"),
        ("account: winelake, container: W", "no name of a container"),
        ("account: winelake, container: a--b", "is a--b, no name of a container"),
        ("account: winelake, container: wine-", "is wine-, no name of a container"),
        ("account: winelake, container: $wine", "no name of a container"),
        ("account: winelake, container: wine, path: a/../b", "no path of a folder"),
        ("account: winelake, container: wine, rights: write", "write rwx, with a dash"),
        ("account: winelake, container: wine, rights: '---'", "write rwx, with a dash"),
        ("account: winelake, container: wine, rights: r--", "without x nobody gets into a folder"),
    ],
)
def test_what_is_no_folder(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(FileError, match=told):
        read(tmp_path, f"{{{more}}}")


def run(tenant: Tenant, *given: Folder) -> None:
    """What is printed, in a shell, as it is."""
    for line in folders.by_hand(given, "me"):
        command = ["/bin/sh", "-c", line]
        subprocess.run(command, env={"PATH": f"{tenant.programs}:/usr/bin:/bin"}, check=True)


def test_the_printed_lines_run_in_a_shell_as_they_are(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, "raw", "raw/2026", "raw/2026/day", "raw/2025")
    run(tenant, FOLDER)

    passed = "user::rwx,group::r-x,other::---,user:me:--x,mask::r-x"
    entry = "user:me:rwx,default:user:me:rwx"
    later = "default:user::rwx,default:group::r-x,default:other::---,mask::rwx,default:mask::rwx"
    assert tenant.known["acls"] == {
        **dict.fromkeys(("/", "raw"), passed),
        **dict.fromkeys(("raw/2026", "raw/2026/day"), f"{OWN},{entry},{later}"),
        "raw/2025": OWN,
    }


def test_a_way_that_two_folders_have_is_printed_once(tmp_path: Path) -> None:
    """A list takes an entry once."""
    tenant = Tenant(tmp_path, "raw", "raw/a", "raw/b", "raw/a/deep", "raw/a/deep/er")
    deeper = Folder("winelake", "wine", "raw/a/deep/er", "rwx")
    reads = [Folder("winelake", "wine", path, "r-x") for path in ("raw/a", "raw/b")]
    run(tenant, deeper, *reads)

    assert tenant.known["calls"].count("storage fs access set") == 2 + 3
    lists = tenant.known["acls"]
    assert "user:me:--x" in lists["raw"]
    assert "user:me:r-x" in lists["raw/a/deep"]
    # Its list comes last, though it stands first in the file.
    assert "user:me:rwx" in lists["raw/a/deep/er"]

    elsewhere = [Folder("winelake", container, "raw", "r-x") for container in ("wine", "other")]
    assert sum("--path / " in line for line in folders.by_hand(elsewhere, "me")) == 2
    elsewhere[1] = Folder("winelake", "other", "raw/a", "r-x")
    assert any(
        "access set" in line and "other --path raw " in line
        for line in folders.by_hand(elsewhere, "me")
    )


def test_the_printed_lines_widen_masks_by_what_is_needed(tmp_path: Path) -> None:
    tenant = Tenant(tmp_path, "raw", "raw/2026")
    masks = "mask::-w-,default:user::rwx,default:group::---,default:other::---,default:mask::---"
    lists = dict.fromkeys(tenant.known["acls"], f"{OWN},{masks}")
    tenant.keep(acls={**lists, "/": f"{OWN},{masks.partition(',')[2]}"})
    run(tenant, Folder("winelake", "wine", "raw/2026", "r-x"))

    lists = tenant.known["acls"]
    assert f"{OWN},mask::-wx," in lists["raw"]
    assert "default:mask::---" in lists["/"]
    assert f"{OWN},mask::rwx," in lists["raw/2026"]
    assert "default:mask::r-x" in lists["raw/2026"]
