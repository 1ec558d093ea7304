"""A workspace of Azure ML in a local cloud, with SDK v1 in scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from local.aml_workplace import Workplace

SDK_V1 = Path(os.environ.get("MODELYARD_AZUREML_V1", "/nowhere"))
"""The environment of azureml-core and azureml-pipeline: made by make, with Python 3.10 or 3.11."""
MISSING_V1 = not (SDK_V1 / "bin" / "python").exists()
SITE_PACKAGES = next(SDK_V1.glob("lib/python*/site-packages"), SDK_V1)
_START = """
import json, os, sys
from azureml.core import *
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.model import Model

ws = Workspace.get(
    {workspace!r},
    auth=ServicePrincipalAuthentication(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
    ),
    subscription_id=os.environ["AZURE_SUBSCRIPTION_ID"],
    resource_group={group!r},
)

def tell(**what):
    print("TELL", json.dumps(what))
"""


class V1Workplace(Workplace):
    """Its scripts have ``ws``, the workspace as SDK v1 sees it."""

    python: ClassVar[Path] = SDK_V1 / "bin" / "python"
    start_of_scripts: ClassVar[str] = _START
