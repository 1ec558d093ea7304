"""Collected data: what a deployment is asked and what it answers, in the workspace's blob storage.

The collections ``request`` and ``response`` are filled here, every other one by the scoring script:
the package azureml-ai-monitoring posts what it collects to a host that the environment names. One
line is one event. Source: learn.microsoft.com, "Collect production data from models deployed for
real-time inferencing"; azureml-ai-monitoring 1.0.0 (``sender.py``, ``config.py``).
"""

from __future__ import annotations

import datetime
import io
import json
import random
import secrets
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.datastores import DEFAULT, Datastores
from modelyard.local.cloud.aml.online import exceptions
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.routing import host_name
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.storage.models import Blobs, Conditions

Json = dict[str, Any]
HOST = "*.modeldata.azureml.ms"
"""Of this cloud's own making: on Azure the receiver stands beside the model, on 127.0.0.1."""
PAYLOADS = ("request", "response")
_ROLLING = {
    "Year": "%Y",
    "Month": "%Y/%m",
    "Day": "%Y/%m/%d",
    "Hour": "%Y/%m/%d/%H",
    "Minute": "%Y/%m/%d/%H/%M",
}
_ATTRIBUTES = {
    "ce-x-request-id": "xrequestid",
    "ce-model-version": "modelversion",
    "ce-collect-data-type": "collectdatatype",
    "ce-agent": "agent",
}
"""Header of azureml-ai-monitoring -> field of the line."""


class Collector:
    """Keeps what the deployments of one cloud collect. Safe for several threads."""

    def __init__(self, cloud: Cloud, datastores: Datastores, blobs: Blobs) -> None:
        self._cloud = cloud
        self._datastores = datastores
        self._blobs = blobs
        self._lock = threading.Lock()
        self._sources: dict[str, tuple[Workspace, Json]] = {}
        """First part of a host name -> who posts there."""

    def attach(self, workspace: Workspace, deployment: Json, folder: Path) -> Mapping[str, str]:
        """The variables by which a new server's script finds the receiver; none without a need."""
        own = [name for name in _enabled(deployment) if name not in PAYLOADS]
        if not own:
            return {}
        config = folder / "collections.json"
        shares = {name: _rate(deployment, name) for name in own}
        collections = {
            name: {"enabled": True, "sampleRatePercentage": rate * 100}
            for name, rate in shares.items()
        }
        config.write_text(json.dumps({"collections": collections}))
        name = secrets.token_hex(16)
        with self._lock:
            same = [one for one, (_, old) in self._sources.items() if old["id"] == deployment["id"]]
            for one in same[:-1]:  # the one before goes on until this one serves
                del self._sources[one]
            self._sources[name] = (workspace, deployment)
        return {
            "AZUREML_MDC_CONFIG_PATH": str(config),
            "AZUREML_MDC_HOST": HOST.replace("*", name),
            "AZUREML_MDC_PORT": "80",
        }

    def receive(self, request: Request) -> Response:
        """``POST /modeldata/log``: one event of a scoring script."""
        with self._lock:
            found = self._sources.get(host_name(request.host).partition(".")[0])
        if found is None:
            raise NotFound("No deployment collects data here.")
        workspace, deployment = found
        headers = request.headers
        collection = headers.get("ce-type", "").rpartition(".")[2].lower()
        if collection not in _enabled(deployment) or collection in PAYLOADS:
            return Response(f"The collection {collection} is not enabled.", 400)
        more = {field: headers[name] for name, field in _ATTRIBUTES.items() if name in headers}
        self._keep(workspace, deployment, collection, request.get_data(), more)
        return Response("", 202)

    def payload(
        self, workspace: Workspace, deployment: Json, collection: str, body: bytes, request: Request
    ) -> None:
        """Keep a request or a response, where the deployment collects these."""
        if collection not in _enabled(deployment):
            return
        if random.random() >= _rate(deployment, collection):  # noqa: S311 - a sample, no secret
            return
        logging = deployment["properties"]["dataCollector"].get("requestLogging") or {}
        captured = {
            name: request.headers[name]
            for name in logging.get("captureHeaders") or ()
            if name in request.headers
        }
        more = {
            "xrequestid": request.headers.get("x-ms-request-id") or str(uuid.uuid4()),
            "collectdatatype": "payload",
            **({"headers": captured} if captured and collection == "request" else {}),
        }
        self._keep(workspace, deployment, collection, body, more)

    def _keep(
        self,
        workspace: Workspace,
        deployment: Json,
        collection: str,
        body: bytes,
        more: Mapping[str, Any],
    ) -> None:
        now = datetime.datetime.fromtimestamp(self._cloud.clock.time(), datetime.timezone.utc)
        line = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": deployment["id"],
            "type": f"azureml.inference.{collection}",
            "datacontenttype": "application/json",
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "data": _data(body),
            "contentrange": f"bytes 0-{max(len(body) - 1, 0)}/{len(body)}",
            **more,
        }
        *_, endpoint, _, name = deployment["id"].split("/")
        rate = deployment["properties"]["dataCollector"].get("rollingRate") or "Hour"
        path = "/".join(
            ["modelDataCollector", endpoint, name, collection, now.strftime(_ROLLING[rate])]
        )
        instance = uuid.uuid5(uuid.NAMESPACE_URL, deployment["id"].lower())
        container = self._datastores.container(workspace, DEFAULT)
        self._append((workspace.account, container, f"{path}/{instance}.jsonl"), line)

    def _append(self, place: tuple[str, str, str], line: Json) -> None:
        with self._lock:
            before = self._blobs.find(*place)
            text = self._blobs.path(before).read_bytes() if before else b""
            text += json.dumps(line).encode() + b"\n"
            properties = {"content_type": "application/jsonl", "metadata": {}}
            self._blobs.put(place, io.BytesIO(text), properties, Conditions())


def check(properties: Json) -> None:
    """Raises ArmError for a dataCollector that can't be."""
    collector = properties.get("dataCollector")
    if collector is None:
        return
    collections = collector.get("collections") if isinstance(collector, dict) else None
    if not isinstance(collections, dict) or not collections:
        raise exceptions.invalid("dataCollector needs collections.")
    if (collector.get("rollingRate") or "Hour") not in _ROLLING:
        raise exceptions.invalid(f"rollingRate has to be one of {', '.join(_ROLLING)}.")
    for name, one in collections.items():
        mode, rate = one.get("dataCollectionMode"), one.get("samplingRate")
        if mode not in ("Enabled", "Disabled", None):
            raise exceptions.invalid(f"dataCollectionMode of {name} is Enabled or Disabled.")
        if rate is not None and not (isinstance(rate, (int, float)) and 0 <= rate <= 1):
            raise exceptions.invalid(f"samplingRate of {name} has to be from 0 to 1.")
        if one.get("dataId"):
            raise exceptions.unsupported(f"a data asset of one's own for the collection {name}")


def _collections(deployment: Json) -> Json:
    collector = deployment["properties"].get("dataCollector") or {}
    return {name.lower(): one for name, one in (collector.get("collections") or {}).items()}


def _enabled(deployment: Json) -> list[str]:
    found = _collections(deployment).items()
    return [name for name, one in found if one.get("dataCollectionMode") == "Enabled"]


def _rate(deployment: Json, name: str) -> float:
    rate = _collections(deployment)[name].get("samplingRate")
    return 1.0 if rate is None else float(rate)


def _data(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
