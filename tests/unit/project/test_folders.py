"""Rights on folders of a data lake: what is read of a list, and the commands that change it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.project import document, folders
from modelyard.project.fields import Mistakes, Section
from modelyard.project.folders import Folder

PLAIN = "user::rwx,group::r-x,other::---"
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


def test_rights_count_where_they_are_of_what_is_made_later_too() -> None:
    entry = "user:me:rwx"
    assert folders.rights(f"{PLAIN},{entry},default:{entry}", "me") == "rwx"
    assert folders.rights(f"{PLAIN},{entry}", "me") == ""
    assert folders.rights(f"{PLAIN},{entry},default:{entry}", "you") == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, f"{PLAIN},user:me:--x"),
        (f"{PLAIN},user:me:r--", f"{PLAIN},user:me:r-x"),
        (
            f"{PLAIN},mask::r--,default:user::rwx",
            f"{PLAIN},mask::r-x,default:user::rwx,user:me:--x",
        ),
    ],
)
def test_one_more_may_pass_and_nobody_else_is_touched(before: str, after: str) -> None:
    assert not folders.may_pass(before, "me")
    assert folders.passing(before, "me") == after
    assert folders.may_pass(after, "me")


def test_the_printed_lines_run_in_a_shell_as_they_are(tmp_path: Path) -> None:
    program = tmp_path / "az"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *" show "*) echo "{PLAIN}";; '
        f'*) echo "$*" >> {tmp_path}/said;; esac\n'
    )
    program.chmod(0o755)
    for line in folders.by_hand(FOLDER, "OBJECT-ID"):
        subprocess.run(["/bin/sh", "-c", line], env={"PATH": f"{tmp_path}:/bin"}, check=True)
    place = "--account-name winelake --file-system wine --path"
    access, login = "storage fs access", "--auth-mode login"
    entry = "user:OBJECT-ID:rwx"
    assert (tmp_path / "said").read_text().splitlines() == [
        f"{access} set {place} / {login} --acl {PLAIN},user:OBJECT-ID:--x",
        f"{access} set {place} raw {login} --acl {PLAIN},user:OBJECT-ID:--x",
        f"{access} update-recursive {place} raw/2026 {login} --acl {entry},default:{entry}",
    ]
    assert shlex.join(folders.grant_command(FOLDER, "OBJECT-ID")).startswith("az storage fs")
