"""Uploading into a workspace's default datastore, where its SDK and studio look for models."""

from __future__ import annotations

from modelyard.azureml import blobs, datastore_access
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.azureml.datastore_access import DEFAULT, WRITE
from modelyard.http import Session


def upload(session: Session, place: Place, content: Content, digest: str) -> str:
    """Upload the files below a folder that their hash names; their ``azureml://`` address.

    :raises ServiceError: when the datastore has no key or signature to write with.
    """
    signed = datastore_access.container(session, place, DEFAULT, WRITE)
    below = f"LocalUpload/{digest}"
    blobs.upload(signed, content, clock=session.clock, below=below)
    return f"azureml:/{place.path}/datastores/{DEFAULT}/paths/{below}/{content.root}"
