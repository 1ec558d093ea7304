"""Blob storage (``*.blob.core.windows.net``): the accounts that Resource Manager knows.

Source: Azure Storage REST reference, "Blob service REST API". Block and append blobs only.
"""

from __future__ import annotations

from modelyard.local.cloud.service import Cloud, Service
from modelyard.local.cloud.storage.urls import StorageService


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return StorageService(cloud)
