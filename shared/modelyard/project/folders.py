"""Rights on a folder of a data lake, by its access control lists.

Who has a role for the data of the account or the container needs none of this: lists count only
where no role gives the right. Whoever is to have one folder gets rights on it, on all below it and
on what is made there later; and may pass through the folders above.

Source: learn.microsoft.com, "Access control lists in Azure Data Lake Storage", "Access control
model in Azure Data Lake Storage", and the reference of "az storage fs access".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelyard.project.fields import Section

KEYS = ("account", "container", "path", "rights")
THROUGH = "--x"
"""All that it takes to go through a folder."""
ROOT = "/"
_RIGHTS = re.compile(r"[r-][w-]x")
_CONTAINER = re.compile(r"\$(root|web|logs)|(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
Command = tuple[str, ...]


@dataclass(frozen=True)
class Folder:
    """One, and what the application may do in it."""

    account: str
    """Name of the storage account."""
    container: str
    path: str
    """``raw/wine``, or ``/`` for all of the container."""
    rights: str
    """``rwx``; a dash for what it may not."""

    @property
    def name(self) -> str:
        return f"{self.account}/{self.container}/{self.path.strip(ROOT)}".rstrip("/")

    @property
    def known_as(self) -> str:
        """What no other folder of the file may be; empty where a part is missing."""
        return self.name if self.account and self.container else ""

    @property
    def way(self) -> tuple[str, ...]:
        """The folders above, from the root."""
        parts = [part for part in self.path.split("/") if part]
        return tuple("/".join(parts[:depth]) or ROOT for depth in range(len(parts)))


def read(section: Section) -> Folder:
    """One of the list."""
    found = Folder(
        section.line("account", required=True),
        section.line("container", required=True),
        section.line("path", ROOT).strip("/") or ROOT,
        section.line("rights", "rwx"),
    )
    if found.account and not re.fullmatch(r"[a-z0-9]{3,24}", found.account):
        section.wrong("account", f"is {found.account}, no name of a storage account")
    if found.container and not _CONTAINER.fullmatch(found.container):
        section.wrong("container", f"is {found.container}, no name of a container")
    if found.path != ROOT and {"", ".", ".."} & {*found.path.split("/")}:
        section.wrong("path", f"is {found.path}, no path of a folder")
    if not _RIGHTS.fullmatch(found.rights):
        section.wrong(
            "rights",
            f"is {found.rights}: write rwx, with a dash for r or w where it isn't given (r-x to "
            "read); without x nobody gets into a folder",
        )
    return found


def show_command(folder: Folder, path: str) -> Command:
    """Prints the list of a folder."""
    return ("az", "storage", "fs", "access", "show", *_place(folder, path))


def pass_command(folder: Folder, path: str, acl: str) -> Command:
    """Gives one folder, and nothing below it, another list."""
    return ("az", "storage", "fs", "access", "set", *_place(folder, path), "--acl", acl)


def grant_command(folder: Folder, principal: str) -> Command:
    """Gives the rights. Entries of others stay.

    :param principal: object id of a service principal, not of its application.
    """
    entry = f"user:{principal}:{folder.rights}"
    acl = ("--acl", f"{entry},default:{entry}")
    return (
        *("az", "storage", "fs", "access", "update-recursive"),
        *(*_place(folder, folder.path), *acl),
    )


def by_hand(folder: Folder, principal: str) -> Iterator[str]:
    """All of it as lines for a shell."""
    for path in folder.way:
        show = (*show_command(folder, path), "--query", "acl", "--output", "tsv")
        # A list is replaced as a whole: this one is what is there, and one entry more.
        acl = f'"$({shlex.join(show)}),user:{principal}:{THROUGH}"'
        yield f"{shlex.join(pass_command(folder, path, '')[:-1])} {acl}"
    yield shlex.join(grant_command(folder, principal))


def rights(acl: str, principal: str) -> str:
    """What a list gives: rights that stand in it both for the folder and for what is made in it
    later; empty where there is no entry."""
    entries = _entries(acl)
    here, later = (entries.get(f"{scope}user:{principal}", "") for scope in ("", "default:"))
    return here if here == later else ""


def may_pass(acl: str, principal: str) -> bool:
    return _entries(acl).get(f"user:{principal}", "").endswith("x")


def passing(acl: str, principal: str) -> str:
    """The list with the right to pass in it. A mask that would take it away is widened."""
    entries = _entries(acl)
    for key in (f"user:{principal}", "mask:"):
        if key == "mask:" and key not in entries:
            continue
        entries[key] = entries.get(key, "---")[:2] + "x"
    return ",".join(f"{key}:{value}" for key, value in entries.items())


def _entries(acl: str) -> dict[str, str]:
    """By scope, type and id: ``user:ID``, ``default:user:ID``."""
    parts: Sequence[tuple[str, str, str]] = [one.rpartition(":") for one in acl.split(",") if one]
    return {key: value for key, _, value in parts}


def _place(folder: Folder, path: str) -> Command:
    return (
        *("--account-name", folder.account, "--file-system", folder.container),
        *("--path", path, "--auth-mode", "login"),
    )
