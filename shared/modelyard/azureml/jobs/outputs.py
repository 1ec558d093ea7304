"""Where a job's named outputs are: an address ``azureml://.../datastores/NAME/paths/PATH``.

Source: azure-ai-ml 1.35 (``jobs.download``): run history names the asset of an output, and the
data plane its address. History doesn't name every output; then it is where the job was told to put
it, or where Azure ML puts what it is told nothing about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from modelyard.azureml import connection
from modelyard.azureml.connection import Place
from modelyard.azureml.datastores.access import DEFAULT
from modelyard.errors import ServiceError
from modelyard.http import Session

_ADDRESS = re.compile(r"azureml://(?:[^?#]*/)?datastores/([^/]+)/paths/([^?#]*)")
_MODELS = ("CustomModel", "MLFlowModel", "TritonModel")
"""Types of outputs that history keeps as models; others it keeps as data."""


@dataclass(frozen=True)
class Location:
    """A folder in a datastore."""

    datastore: str
    path: str
    """Without a slash at either end."""


def locations(
    session: Session, api: Session, place: Place, job: str, output: str
) -> Iterator[Location]:
    """Where the output may be, the likeliest first.

    :param api: to the API of the workspace's region.
    :raises ServiceError: for an address that leads to no datastore.
    """
    told = _told(api, place, job, output)
    if told:
        yield _location(told)
        return
    body = connection.find(session, f"{place.path}/jobs/{job}") or {}
    outputs = (body.get("properties") or {}).get("outputs") or {}
    asked = str((outputs.get(output) or {}).get("uri") or "")
    if asked:
        yield _location(asked.replace("${{name}}", job).replace("${{output_name}}", output))
        return
    yield Location(DEFAULT, f"azureml/{job}/{output}")
    yield Location(DEFAULT, f"dataset/{job}/{output}")


def _told(api: Session, place: Place, job: str, output: str) -> str:
    """The address that history and the data plane tell, or nothing."""
    asked = {"runId": job, "selectRunMetadata": True}
    found = _post(api, f"/history/v1.0{place.path}/rundata", asked)
    known = ((found.get("runMetadata") or {}).get("outputs") or {}).get(output) or {}
    asset = str(known.get("assetId") or "")
    if not asset:
        return ""
    if known.get("type") in _MODELS:
        path, key = f"/modelregistry/v1.0{place.path}/models/batchGetResolvedUris", "path"
    else:
        path, key = f"/data/v1.0{place.path}/dataversion/batchGetResolvedUris", "uri"
    resolved = (_post(api, path, {"values": [asset]}).get("values") or {}).get(asset) or {}
    return str(resolved.get(key) or "")


def _post(api: Session, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return api.json("POST", path, body=body, repeatable=True, reads=True)


def _location(address: str) -> Location:
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ServiceError(
            f"the output is at {address}, which is in no datastore",
            fix="leave out the output's path, or give one below azureml://datastores/",
        )
    return Location(match[1], unquote(match[2]).strip("/"))
