"""Where the files of an asset are, and getting them from there.

``azureml://.../datastores/NAME/paths/PATH``, or the address of a blob or of a folder of blobs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.holders import Holder
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.storage.models import Blobs

_DATASTORE = re.compile(r"azureml://(?:[^?#]*/)?datastores/([^/]+)/paths/(.*)")
_BLOB = re.compile(r"https://([a-z0-9]+)\.blob\.core\.windows\.net(?::443)?/([^/]+)/?(.*)")


@dataclass(frozen=True)
class Place:
    """A file or folder in a blob container."""

    account: str
    container: str
    path: str
    """Without a slash at either end; empty for the whole container."""


def locate(uri: str, holder: Holder, datastores: Datastores) -> Place:
    """Raises ArmError for an address that isn't one. Registries have no datastores."""
    if (match := _DATASTORE.fullmatch(uri)) and isinstance(holder, Workspace):
        found = datastores.place(holder, match[1])
        return Place(found.account, found.name, unquote(match[2]).strip("/"))
    if match := _BLOB.fullmatch(uri):
        return Place(match[1], match[2], unquote(match[3]).strip("/"))
    raise exceptions.bad_request(f"The path {uri} is not supported.", "UserError")


def files(place: Place, blobs: Blobs) -> Iterator[tuple[str, Path]]:
    """Each file below the place: its path from there, and where its bytes are.

    A place that is a file itself gives that one, by its name.
    """
    for name in blobs.names(place.account, place.container, place.path):
        blob = blobs.get(place.account, place.container, name)
        if name == place.path:
            yield name.rsplit("/", 1)[-1], blobs.path(blob)
        elif not place.path or name.startswith(f"{place.path}/"):
            yield name[len(place.path) :].strip("/"), blobs.path(blob)


def copy(place: Place, blobs: Blobs, target: Path) -> None:
    """Copy the files into a new folder. Raises ArmError when there are none."""
    found = False
    for name, path in files(place, blobs):
        file = (target / name).resolve()
        if not file.is_relative_to(target.resolve()):
            raise exceptions.bad_request(f"The path {name} leads out of its folder.", "UserError")
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, file)
        found = True
    if not found:
        raise exceptions.bad_request(
            f"There is no file at {place.container}/{place.path}.", "UserError"
        )
