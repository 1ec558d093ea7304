"""Writing into a workspace's datastores."""

from __future__ import annotations

from urllib.parse import quote

from modelyard.azureml import blobs
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.azureml.datastores.access import DEFAULT, WRITE, container
from modelyard.http import Session


def upload(session: Session, place: Place, content: Content, digest: str) -> str:
    """Upload files into the default datastore, below a folder that their hash names, where the SDK
    and studio look for models; their ``azureml://`` address.

    :raises ServiceError: when the datastore has no key or signature to write with.
    """
    signed = container(session, place, DEFAULT, WRITE)
    below = f"LocalUpload/{digest}"
    blobs.upload(signed, content, clock=session.clock, below=below)
    return f"azureml:/{place.path}/datastores/{DEFAULT}/paths/{below}/{content.root}"


def put(session: Session, place: Place, datastore: str, path: str, data: bytes) -> None:
    """Write one file of a datastore whole.

    :param path: within the datastore.
    :raises NotFound, ServiceError, Unreachable: then what was there before is there still.
    """
    address, _, query = container(session, place, datastore, WRITE).partition("?")
    blobs.put(f"{address}/{quote(path)}?{query}", data, clock=session.clock)
