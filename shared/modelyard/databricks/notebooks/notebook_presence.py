"""Whether a notebook that is to be run is there, before a job is made or a run is submitted.

The Jobs API takes any path: a missing notebook would only fail its run, after the cluster started.

Source: docs.databricks.com/api/azure, "Workspace" (get-status, list), "Jobs" (``run_as_user_name``)
and "Current user".
"""

from __future__ import annotations

import logging

from modelyard.databricks.files import workspace_tree
from modelyard.databricks.files.entries import NOTEBOOK
from modelyard.errors import NotFound, PermissionDenied, ServiceError
from modelyard.http import Session
from modelyard.reading import nearest

log = logging.getLogger(__name__)

ME = "/api/2.0/preview/scim/v2/Me"


def check_present(session: Session, path: str, *, run_as: str = "") -> None:
    """Look the notebook up in the workspace.

    :param run_as: the identity that the run will have. Another one's notebook may be hidden from
        this identity: then nothing is known, and nothing is refused.
    :raises NotFound: naming the notebook of the folder with the most similar name.
    """
    try:
        found = workspace_tree.status(session, path)
    except PermissionDenied:
        if not _is_another(session, run_as):
            raise
        found = None
    if found is not None and found.kind == NOTEBOOK:
        return
    if found is not None:
        raise NotFound(
            f"{path} in {session.base} is a {found.kind or 'thing of no kind'}, not a notebook",
            fix="give the path of a notebook",
        )
    if _is_another(session, run_as):
        log.info("notebook %s can't be seen from here; the job runs as %s", path, run_as)
        return
    raise NotFound(
        f"there is no notebook {path} in {session.base}{_similar(session, path)}",
        cause="the path is misspelt, the notebook wasn't imported, or the identity may not see it",
        fix="correct the path, or import the notebook first with notebooks-import",
    )


def _is_another(session: Session, run_as: str) -> bool:
    return bool(run_as) and session.get(ME).get("userName") != run_as


def _similar(session: Session, path: str) -> str:
    folder, _, name = path.rpartition("/")
    try:
        entries = workspace_tree.children(session, folder or "/")
    except ServiceError as error:  # the missing notebook is the news, not this
        log.debug("%s can't be listed: %s", folder, error.what)
        return ""
    if entries is None:
        return f": there is no folder {folder}"
    return nearest(name, [entry.name for entry in entries if entry.kind == NOTEBOOK])
