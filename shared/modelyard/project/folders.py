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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from modelyard.azure.storage_names import is_account, is_container
from modelyard.project.fields import Section

KEYS = ("account", "container", "path", "rights")
THROUGH = "--x"
"""All that it takes to go through a folder."""
ROOT = "/"
_RIGHTS = re.compile(r"[r-][w-]x")
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

    def is_in(self, other: Folder) -> bool:
        """Whether it lies in another one, however deep."""
        here, there = ((one.account, one.container) for one in (self, other))
        return here == there and other.path in self.way

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
    if found.account and not is_account(found.account):
        section.wrong("account", f"is {found.account}, no name of a storage account")
    if found.container and not is_container(found.container):
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


def set_command(folder: Folder, path: str, acl: str) -> Command:
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


def in_order(given: Iterable[Folder]) -> list[Folder]:
    """Those above first: rights on a folder replace the entries of all below it."""
    return sorted(given, key=lambda one: len(one.way))


def by_hand(given: Sequence[Folder], principal: str) -> Iterator[str]:
    """All of it as lines for a shell: one entry more in lists whose masks let it through."""
    passed: set[str] = set()
    for folder in in_order(given):
        held = {one.path for one in given if folder.is_in(one)}
        for path in folder.way:
            if path in held:  # from here on the rights on that one let it pass
                break
            widened = r"s/(^|,)mask::(..)./\1mask::\2x/"
            line = _set_by_hand(folder, path, widened, f",user:{principal}:{THROUGH}")
            if line not in passed:  # two folders with one way: a list takes an entry once
                passed.add(line)
                yield line
        yield shlex.join(grant_command(folder, principal))
        kept = "".join(rf"\{at}" if one == "-" else one for at, one in enumerate(folder.rights, 1))
        yield _set_by_hand(folder, folder.path, f"s/mask::(.)(.)(.)/mask::{kept}/g")


def _set_by_hand(folder: Folder, path: str, edit: str, more: str = "") -> str:
    """A list is replaced as a whole: by what is there, changed.

    :param edit: of the masks, for sed.
    """
    show = (*show_command(folder, path), "--query", "acl", "--output", "tsv")
    acl = f"$({shlex.join(show)} | sed -E {shlex.quote(edit)})"
    return f'{shlex.join(set_command(folder, path, "")[:-1])} "{acl}{more}"'


def _place(folder: Folder, path: str) -> Command:
    return (
        *("--account-name", folder.account, "--file-system", folder.container),
        *("--path", path, "--auth-mode", "login"),
    )
