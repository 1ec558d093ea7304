"""Azure Pipelines is told when a run has ended that one of its server jobs waits for.

What a client says of the waiting task is ``AzDevOpsCallBackInfo``, in the body that starts a
published pipeline. Its token is kept in memory alone.

Source: the request that Microsoft's own server task sends, as its public logs show it
(microsoft/MLOpsPython, issue 411); the Azure DevOps REST reference, "Events - Post Event".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from modelyard.local.cloud.aml.execution.engine import Engine
from modelyard.local.cloud.aml.front import refused

INFO = "AzDevOpsCallBackInfo"
KEYS = ("PlanUri", "ProjectId", "HubName", "PlanId", "JobId", "TaskInstanceId", "AuthToken")
RESULTS = {"Completed": "succeeded", "Canceled": "canceled"}
"""Of a run's states; all others are ``failed``."""
_LOG = logging.getLogger(__name__)
_SECONDS = 30.0
Json = dict[str, Any]


def read(body: Mapping[str, Any]) -> Json | None:
    """Who waits; None: nobody. Raises ArmError for one that can't be told."""
    found = body.get(INFO)
    if found is None:
        return None
    if not isinstance(found, dict) or not all(
        isinstance(found.get(key), str) and found[key] for key in KEYS
    ):
        raise refused(f"{INFO} needs {', '.join(KEYS)}.")
    return found


class Callbacks:
    """``network``: variables with the proxy and the certificates of the cloud."""

    def __init__(self, engine: Engine, network: Mapping[str, str]) -> None:
        self._engine = engine
        self._network = network

    def follow(self, run: str, waiting: Json) -> None:
        """Wait beside the requests for the end of a run that is submitted, and tell of it."""

        def work() -> None:
            while not self._engine.wait(run, _SECONDS):
                if self._engine.records.get(run) is None:
                    return  # the cloud was reset
            self._tell(run, waiting)

        threading.Thread(target=work, name=f"aml-callback-{run}", daemon=True).start()

    def _tell(self, run: str, waiting: Json) -> None:
        record = self._engine.records.get(run)
        if record is None:
            return
        project, hub, plan = (
            quote(waiting[key], safe="") for key in ("ProjectId", "HubName", "PlanId")
        )
        collection = waiting["PlanUri"].rstrip("/")
        address = f"{collection}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/events"
        event = {
            "name": "TaskCompleted",
            "taskId": waiting["TaskInstanceId"],
            "jobId": waiting["JobId"],
            "result": RESULTS.get(record["status"], "failed"),
        }
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.post(
                    address,
                    params={"api-version": "7.1"},
                    json=event,
                    auth=("", waiting["AuthToken"]),
                    proxies={"https": self._network["HTTPS_PROXY"]},
                    verify=self._network["REQUESTS_CA_BUNDLE"],
                    timeout=_SECONDS,
                ).raise_for_status()
        except requests.RequestException as error:
            # Nobody asks for the answer; whoever waits ends with the job's time.
            _LOG.warning("run %s: its end could not be told: %s", run, type(error).__name__)
