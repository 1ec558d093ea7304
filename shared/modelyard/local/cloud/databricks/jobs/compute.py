"""The clusters that a job run works on: existing ones started, new ones made and terminated."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.clusters import catalogue, reasons
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.clusters.records import USABLE
from modelyard.local.cloud.databricks.jobs import states
from modelyard.local.cloud.databricks.jobs.ending import Ended, Watch
from modelyard.local.cloud.databricks.libraries import specification
from modelyard.local.cloud.databricks.libraries.models import Libraries

SERVERLESS = {
    "spark_version": catalogue.latest_lts("cpu-ml-"),
    "node_type_id": catalogue.SIZES[0][0],
    "is_single_node": True,
    "num_workers": 0,
}
"""What stands in for serverless compute, where a task names no cluster."""


class Compute:
    """The clusters of one job run."""

    def __init__(self, clusters: Clusters, libraries: Libraries, run: dict[str, Any]) -> None:
        self._clusters = clusters
        self._libraries = libraries
        self._run = run
        self._shared: dict[str, str] = {}
        self._lock = threading.Lock()

    def cluster_for(self, task_run: dict[str, Any]) -> str:
        """The id of the cluster for a task's run; it may not be ready. Raises Ended."""
        task = task_run["task"]
        if task.get("existing_cluster_id"):
            return str(task["existing_cluster_id"])
        try:
            if task.get("job_cluster_key"):
                return self._shared_cluster(str(task["job_cluster_key"]))
            return self._create(task.get("new_cluster") or SERVERLESS, task_run["task_key"])
        except exceptions.ApiError as error:
            raise Ended(states.internal_error("INVALID_CLUSTER_REQUEST", error.message)) from None

    def make_ready(
        self, cluster_id: str, libraries: Sequence[dict[str, Any]], watch: Watch
    ) -> None:
        """Wait until the cluster runs and has its libraries. Raises Ended."""
        self._wait_until_running(cluster_id, watch)
        if libraries:
            self._libraries.install(cluster_id, libraries)
        watch.wait_until(
            lambda: not self._is_usable(cluster_id) or not self._libraries.under_way(cluster_id)
        )
        if not self._is_usable(cluster_id):
            raise Ended(self.unexpected_end(cluster_id))
        failures = self._libraries.failures(cluster_id, libraries)
        if failures:
            told = failures[0]
            message = (
                "Library installation failed for library due to user error for "
                f"{specification.label(told['library'])}\n Error messages:\n"
                f"{' '.join(told['messages'])}"
            )
            raise Ended(states.internal_error("LIBRARY_INSTALLATION_ERROR", message))

    def finished(self, task_run: dict[str, Any], cluster_id: str) -> None:
        """A task's run has ended: a cluster that was made for it alone goes."""
        task = task_run["task"]
        if not task.get("existing_cluster_id") and not task.get("job_cluster_key"):
            self._clusters.lifecycle.terminate(cluster_id, reasons.job_finished())

    def close(self) -> None:
        """The job run has ended: its job clusters go."""
        with self._lock:
            shared, self._shared = self._shared, {}
        for cluster_id in shared.values():
            self._clusters.lifecycle.terminate(cluster_id, reasons.job_finished())

    def unexpected_end(self, cluster_id: str) -> states.Outcome:
        """The outcome of a run whose cluster isn't usable any more, with the reason."""
        document = self._clusters.records.find(cluster_id)
        if document is None:
            return states.internal_error("CLUSTER_ERROR", f"Cluster {cluster_id} was deleted")
        reason = document.get("termination_reason", {})
        told = f"{reason.get('code', document['state'])} ({reason.get('type', 'UNKNOWN')})"
        if reason.get("parameters"):
            told += f". Parameters: {json.dumps(reason['parameters'])}"
        message = f"Cluster {cluster_id} was terminated. Reason: {told}"
        lost = reason.get("code") == "DRIVER_UNREACHABLE"
        return states.internal_error("DRIVER_ERROR" if lost else "CLUSTER_ERROR", message)

    def _wait_until_running(self, cluster_id: str, watch: Watch) -> None:
        """Starts a terminated cluster, once."""
        started = False

        def running() -> bool:
            nonlocal started
            document = self._clusters.records.find(cluster_id)
            if document is None:
                message = f"Cluster {cluster_id} does not exist"
                raise Ended(states.internal_error("RESOURCE_NOT_FOUND", message))
            if document["state"] in USABLE:
                return True
            fresh = document["generation"] == 0 or document["cluster_source"] != "JOB"
            if document["state"] == "TERMINATED":
                if started or not fresh:
                    raise Ended(self._not_ready(cluster_id))
                started = True
                self._start(cluster_id)
            return False

        watch.wait_until(running)

    def _start(self, cluster_id: str) -> None:
        try:
            self._clusters.start(cluster_id, self._run["creator_user_name"])
        except exceptions.ApiError as error:
            if error.error_code != "INVALID_STATE":  # somebody else was faster
                raise

    def _not_ready(self, cluster_id: str) -> states.Outcome:
        told = self.unexpected_end(cluster_id)
        message = (
            f"Unexpected failure while waiting for the cluster ({cluster_id}) to be ready: "
            f"{told.message}"
        )
        return states.internal_error(told.code, message)

    def _is_usable(self, cluster_id: str) -> bool:
        document = self._clusters.records.find(cluster_id)
        return document is not None and document["state"] in USABLE

    def _shared_cluster(self, key: str) -> str:
        with self._lock:
            if key not in self._shared:
                wanted = next(
                    item["new_cluster"]
                    for item in self._run["job_clusters"]
                    if item["job_cluster_key"] == key
                )
                self._shared[key] = self._create(wanted, key)
            return self._shared[key]

    def _create(self, new_cluster: dict[str, Any], purpose: str) -> str:
        name = f"job-{self._run['job_id']}-run-{self._run['run_id']}-{purpose}"
        fields = {**new_cluster, "cluster_name": new_cluster.get("cluster_name") or name}
        return self._clusters.create(fields, self._run["creator_user_name"], source="JOB")
