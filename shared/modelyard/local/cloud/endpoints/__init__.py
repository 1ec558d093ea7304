"""Scoring endpoints: images of this cloud's registry, run by real servers, behind one address.

The local cloud's own interface, on the loopback. Managing takes any token of the workspace or of
Entra; JSON in and out, errors are ``{"error_code", "message"}`` and ``logs`` where there are any::

    PUT    /modelyard/endpoints/NAME   {"image": pinned by its digest, "environment"?: {},
                                        "cpu"?, "memory_mb"?, "traffic"?: per cent, "runner"?}
                                       comes back when the new server is healthy: 201 or 200;
                                       422 with its log when it isn't, and the old one serves on
    GET    /modelyard/endpoints        {"endpoints": [...]}
    GET    /modelyard/endpoints/NAME   {"name", "state", "image", "scoring_uri", "created", ...}
    GET    .../NAME/logs?deployment=   {"logs"}
    POST   .../NAME/keys               {"primaryKey", "secondaryKey"}
    POST   .../NAME/keys/regenerate    {"keyType": "Primary" or "Secondary"}
    DELETE /modelyard/endpoints/NAME

    POST   /endpoints/NAME/invocations with a key; GET /endpoints/NAME/ping; GET /endpoints: a page

What scoring answers is the image's own affair: for images of ``image-build`` it is MLflow's scoring
protocol (https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/).
"""

from __future__ import annotations

from modelyard.local.cloud.endpoints.urls import EndpointsService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return EndpointsService(cloud)
