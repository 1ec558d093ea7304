"""Where in Resource Manager a workspace is.

Source: Azure REST reference, "Azure Machine Learning", version 2024-10-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from modelyard.azure.guids import is_guid
from modelyard.errors import InputError, NotFound
from modelyard.http import Session

VERSION = {"api-version": "2024-10-01"}
PROVIDER = "Microsoft.MachineLearningServices"
_GROUP = re.compile(r"[\w().-]{0,89}[\w()-]")
_WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,31}[A-Za-z0-9_-]?")


@dataclass(frozen=True)
class Place:
    """Where a workspace is, or would be."""

    subscription: str
    group: str
    workspace: str

    @property
    def group_path(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{quote(self.group, safe='')}"

    @property
    def path(self) -> str:
        """Its resource id."""
        return f"{self.group_path}/providers/{PROVIDER}/workspaces/{self.workspace}"


def is_workspace_name(text: str) -> bool:
    """Whether a workspace can have this name."""
    return _WORKSPACE.fullmatch(text) is not None


@contextmanager
def called(what: str) -> Iterator[None]:
    """What isn't there is told by its name, not by the request for it.

    :param what: ``the workspace wine has no run a``.
    :raises NotFound:
    """
    try:
        yield
    except NotFound as error:
        raise NotFound(what, fix="correct the name, or see what there is in the studio") from error


def place(subscription: str, group: str, workspace: str) -> Place:
    """Check the three names before anything is sent.

    :raises InputError: for one that can't be.
    """
    if not is_guid(subscription):
        raise InputError(f"subscription-id is {subscription!r}, which isn't the id of one")
    if not is_workspace_name(workspace):
        raise InputError(
            f"the workspace's name is {workspace!r}",
            fix="use 3 to 33 letters, digits, hyphens and underscores, a letter or digit first",
        )
    if not _GROUP.fullmatch(group):  # by default the workspace's name
        raise InputError(f"resource-group is {group!r}, which can't be the name of one")
    return Place(subscription, group, workspace)


def find(session: Session, path: str) -> dict[str, Any] | None:
    """What is at a path of Resource Manager, or None."""
    try:
        return session.get(path, VERSION)
    except NotFound:
        return None
