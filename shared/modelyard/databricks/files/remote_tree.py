"""A folder tree in the service: what is in it, what is in the way, what is there too much."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from modelyard.databricks.files.entries import Entry
from modelyard.entries import FOLDER
from modelyard.errors import AlreadyExists
from modelyard.http import Session
from modelyard.parallel import Stop, each

Children = Callable[[Session, str], "list[Entry] | None"]


def walk(
    session: Session,
    children: Children,
    root: str,
    *,
    parallel: int,
    only: AbstractSet[str] | None = None,
) -> dict[str, Entry]:
    """Everything below ``root`` by its name from there (``etl/load``), folders too.

    :param only: the folders to look into, by such names; None: all of them.
    """
    found: dict[str, Entry] = {}

    def look(folder: str, _: Stop) -> list[Entry] | None:
        return children(session, below(root, folder))

    level = [""]
    while level:
        answers = each(
            session, look, level, parallel=parallel, name=lambda folder: below(root, folder)
        )
        deeper = []
        for folder, entries in zip(level, answers, strict=True):
            for entry in entries or ():
                name = f"{folder}/{entry.name}" if folder else entry.name
                found[name] = entry
                if entry.kind == FOLDER and (only is None or name in only):
                    deeper.append(name)
        level = deeper
    return found


def below(root: str, name: str) -> str:
    """The path of a name from the root: no name is the root itself."""
    return f"{root.rstrip('/')}/{name}" if name else root


def folders_of(names: Iterable[str]) -> set[str]:
    """Every folder that these names lie in, from the root: ``a/b/c`` -> ``a``, ``a/b``."""
    found: set[str] = set()
    for name in names:
        parts = name.split("/")[:-1]
        found |= {"/".join(parts[: end + 1]) for end in range(len(parts))}
    return found


def leaves(folders: Collection[str]) -> list[str]:
    """The folders that hold no other of them: making these makes all."""
    inner = folders_of(folders)
    return sorted(folder for folder in folders if folder not in inner)


def check_ways(
    found: Mapping[str, Entry], kinds: Mapping[str, str], folders: Iterable[str], root: str
) -> None:
    """See that nothing of another kind is where something is to be put.

    :param kinds: the kind that each name is to have.
    :raises AlreadyExists: naming every such thing.
    """
    wanted = {**dict.fromkeys(folders, FOLDER), **kinds}
    wrong = [
        f"{below(root, name)} is a {found[name].kind}, and a {kind} is to be put there"
        for name, kind in sorted(wanted.items())
        if name in found and found[name].kind != kind
    ]
    if wrong:
        raise AlreadyExists(
            "\n".join(wrong), fix="remove or rename it there, or choose another target"
        )


def superfluous(
    found: Mapping[str, Entry],
    wanted: Collection[str],
    folders: AbstractSet[str],
    removable: Callable[[str, Entry], bool],
) -> tuple[list[str], list[str]]:
    """Names of the things below the root that nobody wants, and then of the folders that only held
    such things, innermost first.

    :param removable: whether a thing, or an empty folder, may be removed at all.
    """
    things = [
        name
        for name, entry in found.items()
        if entry.kind != FOLDER and name not in wanted and removable(name, entry)
    ]
    gone = set(things)
    kept = {
        name
        for name, entry in found.items()
        if name not in gone
        and (entry.kind != FOLDER or name in folders or not removable(name, entry))
    }
    stay = kept | folders_of(kept)
    empty = [name for name, entry in found.items() if entry.kind == FOLDER and name not in stay]
    return sorted(things), sorted(empty, key=lambda name: (-name.count("/"), name))
