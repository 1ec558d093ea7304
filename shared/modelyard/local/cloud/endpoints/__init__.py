"""Scoring endpoints: images of this cloud's registry, run by real servers, behind one address.

The local cloud's own interface, described in ``docs/local-cloud.md``. What scoring answers is the
image's own affair: for images of ``image-build`` it is MLflow's scoring protocol
(https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/).
"""

from __future__ import annotations

from modelyard.local.cloud.endpoints.urls import EndpointsService
from modelyard.local.cloud.service import Cloud, Service


def create(cloud: Cloud) -> Service:
    """The service, for a cloud that is about to start."""
    return EndpointsService(cloud)
