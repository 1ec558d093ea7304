"""Uploading into a workspace's default datastore, where its SDK and studio look for models.

Source: Azure REST reference, "Datastores".
"""

from __future__ import annotations

import re

from modelyard.azureml import blobs, connection
from modelyard.azureml.connection import VERSION, Place
from modelyard.azureml.content import Content
from modelyard.errors import NotFound, ServiceError
from modelyard.http import Session

DEFAULT = "workspaceblobstore"
_SECONDS = 3600.0


def upload(session: Session, place: Place, content: Content, digest: str) -> str:
    """Upload the files below a folder that their hash names; their ``azureml://`` address.

    :raises ServiceError: when the datastore has no key or signature to write with.
    """
    path = f"{place.path}/datastores/{DEFAULT}"
    found = connection.find(session, path)
    if found is None:
        raise NotFound(f"the workspace {place.workspace} has no datastore {DEFAULT}")
    properties = found["properties"]
    address = (
        f"{properties.get('protocol', 'https')}://{properties['accountName']}.blob."
        f"{properties.get('endpoint', 'core.windows.net')}/{properties['containerName']}"
    )
    signed = _signed(session, path, address)
    below = f"LocalUpload/{digest}"
    blobs.upload(signed, content, clock=session.clock, below=below)
    return f"azureml:/{place.path}/datastores/{DEFAULT}/paths/{below}/{content.root}"


def _signed(session: Session, path: str, address: str) -> str:
    answer = session.json(
        "POST", f"{path}/listSecrets", params=VERSION, body={}, repeatable=True, reads=True
    )
    if answer.get("secretsType") == "AccountKey" and answer.get("key"):
        until = session.clock.time() + _SECONDS
        return blobs.container_address(str(answer["key"]), address, until=until)
    if answer.get("secretsType") == "Sas" and answer.get("sasToken"):
        return f"{address}?{re.sub('^[?]', '', str(answer['sasToken']))}"
    raise ServiceError(
        f"the datastore {DEFAULT} has no key to upload with",
        cause="the workspace's datastores sign in by identity (systemDatastoresAuthMode)",
        fix="give the datastore an account key or a shared access signature",
    )
