"""``--with-az``: rights on folders of a data lake, compared with what is there, and given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from modelyard.project import access_lists, folders
from modelyard.project.folders import Folder
from modelyard.project.plan import Change, change


@dataclass(frozen=True)
class Lake:
    """The access control lists of a run."""

    read: Callable[..., Any]
    """What a command of az prints, from JSON."""
    run: Callable[..., object]
    """A command of az that changes something."""
    principal: Callable[[], str]
    """Object id of the service principal; empty as long as there is none."""

    def changes(self, given: Sequence[Folder], principal: str) -> Iterator[Change]:
        """Reading alone.

        :param principal: as it is before the first change.
        """
        written: list[Folder] = []
        for folder in folders.in_order(given):
            above = [one for one in written if folder.is_in(one)]
            one = self._change(folder, principal, above[-1] if above else None)
            if one.writes:
                written.append(folder)
            yield one

    def _change(self, folder: Folder, principal: str, above: Folder | None) -> Change:
        """:param above: the nearest folder above that is written before, and this one with it."""
        wanted = {"rights": folder.rights, "way": folder.way}
        acl = self._acl(folder, folder.path)
        way = {path: self._acl(folder, path) for path in folder.way}
        there = access_lists.rights(acl, principal) if principal else ""
        passed = tuple(
            path for path, one in way.items() if there and access_lists.may_pass(one, principal)
        )
        narrow = [
            path
            for path, one in way.items()
            if access_lists.narrow(one, folders.THROUGH, later=False)
        ]
        if access_lists.narrow(acl, folder.rights):
            narrow.append(folder.path)
        note = f"widens the mask of {', '.join(narrow)}" if narrow else ""
        if above and above.rights != folder.rights:
            there = there and above.rights
        found = {"rights": there, "way": passed} if there else None
        apply = partial(self._give, folder, principal)
        return change("data lake folder", folder.name, wanted, found, apply, note)

    def _give(self, folder: Folder, principal: str) -> None:
        principal = principal or self.principal()
        for path in folder.way:
            if not access_lists.may_pass(acl := self._acl(folder, path), principal):
                acl = access_lists.passing(acl, principal)
                self.run(*folders.set_command(folder, path, acl)[1:])
        self.run(*folders.grant_command(folder, principal)[1:])
        acl = self._acl(folder, folder.path)
        if access_lists.rights(acl, principal) != folder.rights:
            acl = access_lists.unmasked(acl, principal)
            self.run(*folders.set_command(folder, folder.path, acl)[1:])

    def _acl(self, folder: Folder, path: str) -> str:
        return str(self.read(*folders.show_command(folder, path)[1:])["acl"])
