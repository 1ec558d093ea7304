"""Versions of models, codes and environments, registered once for each content.

Source: Azure REST reference, "Model Versions", "Code Versions", "Environment Versions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azure import pages
from modelyard.azureml import blobs, connection
from modelyard.azureml.connection import VERSION, Place
from modelyard.azureml.content import Content
from modelyard.errors import InputError, NotFound, NotTheService
from modelyard.http import Session

HASH = "modelyard.content-hash"
"""Property of an asset: the hash of what it was made of."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_REFERENCE = re.compile(r"(?:azureml:)?([A-Za-z0-9][A-Za-z0-9._-]*)(?::([A-Za-z0-9._-]+)|@latest)")
_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/[^/]+/([a-z]+)/([^/]+)/versions/([^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asset:
    """One version of something."""

    id: str
    """Its resource id."""
    name: str
    version: str
    properties: Mapping[str, Any]

    @property
    def reference(self) -> str:
        """``NAME:VERSION``, as inputs take it."""
        return f"{self.name}:{self.version}"

    @property
    def tags(self) -> Mapping[str, str]:
        return self.properties.get("tags") or {}

    @property
    def archived(self) -> bool:
        """Whether it is hidden from lists; its number and all else stay."""
        return bool(self.properties.get("isArchived"))

    @property
    def hash(self) -> str:
        """Of its content, where Modelyard registered it."""
        return str((self.properties.get("properties") or {}).get(HASH, ""))


def check_name(name: str, what: str) -> str:
    """:raises InputError: when it can't be the name of an asset."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{what} is {name!r}",
            fix="use up to 255 letters, digits, dots, hyphens and underscores, a letter or digit "
            "first",
        )
    return name


def versions(
    session: Session, place: Place, kind: str, name: str, *, archived: bool = False
) -> list[Asset]:
    """The versions, none where there is nothing of that name.

    :param archived: with those that somebody has archived, whose numbers stay taken.
    """
    query = {**VERSION, "listViewType": "All"} if archived else VERSION
    try:
        found = pages.items(session, f"{place.path}/{kind}/{name}/versions", query)
        return [_asset(name, body) for body in found]
    except NotFound:
        return []


def find(session: Session, place: Place, kind: str, name: str, version: str) -> Asset | None:
    """One version, or None."""
    body = connection.find(session, f"{place.path}/{kind}/{name}/versions/{version}")
    return None if body is None else _asset(name, body)


def look_up(session: Session, place: Place, kind: str, text: str, what: str) -> Asset:
    """What an input names: ``NAME:VERSION`` or ``NAME@latest``, also after ``azureml:``, or an id.

    :raises InputError: when it is none of those. NotFound when there is none.
    """
    by_id = _ID.fullmatch(text.removeprefix("azureml:"))
    if by_id:
        name, version = by_id[2], by_id[3]
    else:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise InputError(
                f"{what} is {text!r}", fix=f"give NAME:VERSION or NAME@latest of one of the {kind}"
            )
        name, version = match[1], match[2] or ""
    if not version:
        found = newest(versions(session, place, kind, name))
    else:
        found = find(session, place, kind, name, version)
    if found is None:
        raise NotFound(
            f"the workspace {place.workspace} has no {text} among its {kind}",
            fix="register it first, or correct its name and version (NAME:VERSION)",
        )
    return found


def named_environment(session: Session, place: Place, named: str, what: str) -> str:
    """What the service takes for an environment that a text names, for jobs and deployments alike.

    :raises InputError, NotFound: as :func:`look_up`; not for one of a registry, which the service
        looks up itself.
    """
    if named.startswith("azureml://"):
        return named
    return look_up(session, place, "environments", named, what).id


def newest(found: list[Asset]) -> Asset | None:
    """That of the greatest number; None for none."""
    numbered = [one for one in found if one.version.isdigit()]
    return max(numbered, key=lambda one: int(one.version), default=None)


def next_version(found: list[Asset]) -> str:
    """One more than the greatest number."""
    last = newest(found)
    return str(int(last.version) + 1) if last else "1"


def upload(
    session: Session, place: Place, kind: str, name: str, version: str, content: Content
) -> str:
    """Upload what a new version is made of; the address of it, for the version's URI."""
    path = f"{place.path}/{kind}/{name}/versions/{version}/startPendingUpload"
    body = {"pendingUploadType": "TemporaryBlobReference"}
    answer = session.json("POST", path, params=VERSION, body=body, repeatable=True)
    reference = answer.get("blobReferenceForConsumption") or {}
    signed = (reference.get("credential") or {}).get("sasUri")
    if not signed or not reference.get("blobUri"):
        raise NotTheService("Azure ML gave no address to upload to")
    blobs.upload(str(signed), content, clock=session.clock)
    return f"{str(reference['blobUri']).rstrip('/')}/{content.root}"


def code_name(digest: str) -> str:
    """What :func:`code` calls a folder whose content has this hash."""
    return f"modelyard-{digest[:32]}"


def code(session: Session, place: Place, content: Content) -> Asset:
    """A folder of code, uploaded once for each content: its name is made of the hash."""
    digest = content.hash()
    name = code_name(digest)
    found = find(session, place, "codes", name, "1")
    if found is None:
        uri = upload(session, place, "codes", name, "1", content)
        properties = {"codeUri": uri, "properties": {HASH: digest}}
        found = put(session, place, "codes", name, "1", properties)
    return found


def put(
    session: Session,
    place: Place,
    kind: str,
    name: str,
    version: str,
    properties: Mapping[str, Any],
) -> Asset:
    """Register a version, or change its tags."""
    path = f"{place.path}/{kind}/{name}/versions/{version}"
    body = session.json("PUT", path, params=VERSION, body={"properties": properties})
    return _asset(name, body)


def _asset(name: str, body: Mapping[str, Any]) -> Asset:
    return Asset(
        id=str(body["id"]),
        name=name,
        version=str(body["name"]),
        properties=body.get("properties") or {},
    )
