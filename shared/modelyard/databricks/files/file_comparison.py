"""Which files are in the service already.

There is no checksum in any of the three services. ``content`` therefore reads back what has the
same size and compares it. Reading a large file back costs as much as sending it, so above
:data:`COMPARE_LIMIT` one of the same size counts as unchanged only when the local file is older
than the one there; else it is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from modelyard.databricks.files.entries import Entry
from modelyard.databricks.files.local_files import LocalFile
from modelyard.databricks.files.places import Place
from modelyard.databricks.files.remote_tree import below
from modelyard.errors import NotFound
from modelyard.http import Session
from modelyard.names import shown
from modelyard.parallel import Stop, each

log = logging.getLogger(__name__)

COMPARE_LIMIT = 64 * 1024 * 1024
"""Bytes up to which a file is read back to be compared."""


def unchanged(
    session: Session,
    target: Place,
    files: Sequence[LocalFile],
    found: Mapping[str, Entry],
    *,
    how: str,
    parallel: int,
) -> set[str]:
    """The names of the files that needn't be sent.

    :param found: what is below the target, by name from there.
    :param how: ``content``, ``size``, or ``never``: none of them.
    """
    if how == "never":
        return set()
    same_size = [one for one in files if one.name in found and found[one.name].size == one.size]
    if how == "size":
        return {file.name for file in same_size}
    small = [file for file in same_size if file.size <= COMPARE_LIMIT]
    older = [
        file
        for file in same_size
        if file.size > COMPARE_LIMIT and file.modified < (found[file.name].modified or 0.0)
    ]
    for file in older:
        log.info(
            "%s has the same size there and wasn't changed since: it isn't sent", shown(file.name)
        )

    def look(file: LocalFile, stop: Stop) -> bool:
        try:
            return same_content(session, target, file, stop)
        except NotFound:
            return False  # it was removed meanwhile

    answers = each(session, look, small, parallel=parallel, name=lambda file: file.name)
    equal = [file for file, same in zip(small, answers, strict=True) if same]
    return {file.name for file in (*equal, *older)}


def same_content(session: Session, target: Place, file: LocalFile, stop: Stop) -> bool:
    """Whether the file and the one of its name below the target hold the same bytes.

    :raises NotFound: when there is none.
    """
    path = below(target.path, file.name)
    length = 0
    with file.path.open("rb") as local:
        for block in target.service.read(session, path):
            stop.check()
            if local.read(len(block)) != block:
                return False
            length += len(block)
    return length == file.size
