"""The request that creates a web service, and the files that it is made of."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import Any

from modelyard.azureml import web_services
from modelyard.azureml.connection import Place
from modelyard.azureml.content import Content
from modelyard.http import Session
from modelyard.operations.deployments.service_inputs import Service

_DRIVER = """\
# What Azure's older images start; newer ones start the script that AZUREML_ENTRY_SCRIPT names.
import importlib.util
import os

_folder = os.path.dirname(os.path.realpath(__file__))
_path = os.path.join(_folder, os.environ["AZUREML_ENTRY_SCRIPT"])
_spec = importlib.util.spec_from_file_location("service_driver", _path)
_script = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_script)
init, run = _script.init, _script.run
"""


def body_of(
    region: Session, place: Place, wanted: Service, name: str, model: str, fingerprint: str
) -> dict[str, Any]:
    """Upload what it is made of; the request."""
    container = f"modelyard-{fingerprint[:32]}"
    code = web_services.upload(region, place, container, "code.tar.gz", _packed(wanted.code))
    driver = web_services.upload(region, place, container, "main.py", _DRIVER.encode())
    environment = {
        "name": f"{name}-environment",
        "python": {
            "interpreterPath": "python",
            "userManagedDependencies": False,
            "condaDependencies": dict(wanted.conda),
        },
        "docker": {"baseImage": wanted.image},
        "environmentVariables": {
            **wanted.variables,
            "AZUREML_ENTRY_SCRIPT": f"code/{wanted.script}",
            "AZUREML_SOURCE_DIRECTORY": "code",
        },
        "inferencingStackVersion": "latest",
    }
    request = {
        "driverProgram": "main.py",
        "assets": [
            {"id": "main.py", "url": driver, "mimeType": "application/x-python"},
            {
                "id": "code.tar.gz",
                "url": code,
                "mimeType": "application/octet-stream",
                "unpack": True,
            },
        ],
        "modelIds": [model],
        "environment": environment,
    }
    return {
        "name": name,
        "computeType": wanted.kind,
        "properties": {},
        "environmentImageRequest": request,
        **({"computeName": wanted.compute} if wanted.compute else {}),
        **wanted.config,
    }


def _packed(code: Content) -> bytes:
    """The folder as an archive that is the same for the same files."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, path in sorted(code.files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                archive.addfile(entry, file)
    return packed.getvalue()
