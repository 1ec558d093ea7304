"""A workspace in miniature for unit tests: clusters, libraries, pools and policies in memory.

It answers through requests-mock, moves a cluster one state further at each read, and loses or
spoils answers where a test says so.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import requests_mock

HOST = "https://adb-1.1.azuredatabricks.net"
Json = dict[str, Any]
RUNTIMES = ("15.4.x-cpu-ml-scala2.12", "16.4.x-scala2.12")
NODE_TYPES = ("Standard_DS3_v2", "Standard_DS4_v2")


class ClusterWorkspace:
    """The state, and what was asked of it (``calls``: path and body, reads left out)."""

    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.clusters: dict[str, Json] = {}
        self.coming: dict[str, list[Json]] = defaultdict(list)
        """Fields that each further read of a cluster brings."""
        self.libraries: dict[str, list[Json]] = defaultdict(list)
        self.library_outcome: Callable[[Json], Json] = lambda library: {"status": "INSTALLED"}
        self.pools: dict[str, Json] = {}
        self.policies: dict[str, Json] = {}
        self.calls: list[tuple[str, Json]] = []
        self.reads: list[str] = []
        self.on_start: list[Json] = [{"state": "PENDING"}, {"state": "RUNNING"}]
        """What a cluster goes through when it is created or started."""
        self.faults: list[tuple[str, str, Any]] = []
        self.starts = 0
        pattern = re.compile(re.escape(HOST) + "/api/")
        mocker.register_uri(requests_mock.ANY, pattern, json=self._answer)

    def add(self, name: str, state: str = "RUNNING", **fields: Any) -> str:
        """A cluster that was there before."""
        cluster_id = f"0101-000000-{len(self.clusters):08d}"
        self.clusters[cluster_id] = {
            "cluster_id": cluster_id,
            "cluster_name": name,
            "state": state,
            "spark_version": RUNTIMES[0],
            "node_type_id": NODE_TYPES[0],
            "num_workers": 2,
            "autotermination_minutes": 30,
            "cluster_source": "API",
            **fields,
        }
        return cluster_id

    def lose(self, path: str, when: str = "after") -> None:
        """The next call breaks: ``after`` its effect or ``before``."""
        self.faults.append((path, when, requests.ConnectionError("Connection aborted.")))

    def answer_once(self, path: str, status: int, when: str = "before", **body: Any) -> None:
        """The next call gets this answer."""
        self.faults.append((path, when, (status, body)))

    def asked(self, path: str) -> list[Json]:
        """The bodies of the calls to a path."""
        return [body for called, body in self.calls if called == path]

    @property
    def names(self) -> list[str]:
        return [str(one["cluster_name"]) for one in self.clusters.values()]

    def _answer(self, request: Any, context: Any) -> Any:
        path = re.sub(r"^/api/2\.\d/", "", urlsplit(request.url).path)
        body = json.loads(request.text) if request.text else {}
        query = {k: v[0] for k, v in parse_qs(urlsplit(request.url).query).items()}
        fault = next((f for f in self.faults if f[0] == path), None)
        if fault is not None:
            self.faults.remove(fault)
            if fault[1] == "before":
                return self._spoilt(fault[2], context)
        if request.method == "GET":
            self.reads.append(path)
        else:
            self.calls.append((path, body))
        name = "_" + path.replace("/", "_").replace("-", "_")
        status, answer = getattr(self, name)({**query, **body})
        if fault is not None:
            return self._spoilt(fault[2], context)
        context.status_code = status
        return answer

    def _spoilt(self, fault: Any, context: Any) -> Any:
        if isinstance(fault, Exception):
            raise fault
        context.status_code = fault[0]
        return fault[1]

    def _missing(self, cluster_id: str) -> tuple[int, Json]:
        text = f"Cluster {cluster_id} does not exist"
        return 400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text}

    def _clusters_list(self, arguments: Json) -> tuple[int, Json]:
        everything = list(self.clusters.values())
        start = int(arguments.get("page_token", "0"))
        page = everything[start : start + 2]
        more = {"next_page_token": str(start + 2)} if everything[start + 2 :] else {}
        return 200, {**({"clusters": page} if page else {}), **more}

    def _clusters_get(self, arguments: Json) -> tuple[int, Json]:
        cluster_id = arguments["cluster_id"]
        if cluster_id not in self.clusters:
            return self._missing(cluster_id)
        if self.coming[cluster_id]:
            self.clusters[cluster_id].update(self.coming[cluster_id].pop(0))
        return 200, dict(self.clusters[cluster_id])

    def _clusters_create(self, arguments: Json) -> tuple[int, Json]:
        cluster_id = f"0202-000000-{len(self.clusters):08d}"
        self.clusters[cluster_id] = {**arguments, "cluster_id": cluster_id, "state": "PENDING"}
        self.coming[cluster_id] = [dict(one) for one in self.on_start]
        return 200, {"cluster_id": cluster_id}

    def _clusters_start(self, arguments: Json) -> tuple[int, Json]:
        cluster = self.clusters[arguments["cluster_id"]]
        if cluster["state"] != "TERMINATED":
            text = f"Cluster is in unexpected state {cluster['state'].capitalize()}."
            return 400, {"error_code": "INVALID_STATE", "message": text}
        self.starts += 1
        cluster.update(state="PENDING", start_time=self.starts, termination_reason=None)
        self.coming[cluster["cluster_id"]] = [dict(one) for one in self.on_start]
        return 200, {}

    def _clusters_edit(self, arguments: Json) -> tuple[int, Json]:
        cluster_id = arguments["cluster_id"]
        before = self.clusters[cluster_id]
        if before["state"] not in ("RUNNING", "TERMINATED"):
            return 400, {"error_code": "INVALID_STATE", "message": "wrong state"}
        kept = {"state": before["state"], "cluster_source": "API"}
        self.clusters[cluster_id] = {**arguments, **kept}
        if before["state"] == "RUNNING":
            self.clusters[cluster_id]["state"] = "RESTARTING"
            self.coming[cluster_id] = [{}, {"state": "RUNNING"}]
        return 200, {}

    def _clusters_delete(self, arguments: Json) -> tuple[int, Json]:
        cluster = self.clusters[arguments["cluster_id"]]
        if not cluster["state"].startswith("TERMINAT"):
            cluster["state"] = "TERMINATING"
            self.coming[cluster["cluster_id"]] = [{"state": "TERMINATED"}]
        return 200, {}

    def _clusters_permanent_delete(self, arguments: Json) -> tuple[int, Json]:
        if arguments["cluster_id"] not in self.clusters:
            return self._missing(arguments["cluster_id"])
        del self.clusters[arguments["cluster_id"]]
        return 200, {}

    def _clusters_list_node_types(self, _: Json) -> tuple[int, Json]:
        types: list[Json] = [{"node_type_id": name} for name in NODE_TYPES]
        gone = {"status": ["NotAvailableInRegion"]}
        types.append({"node_type_id": "Standard_NC6s_v3", "node_info": gone})
        return 200, {"node_types": types}

    def _clusters_spark_versions(self, _: Json) -> tuple[int, Json]:
        return 200, {"versions": [{"key": key} for key in RUNTIMES]}

    def _libraries_cluster_status(self, arguments: Json) -> tuple[int, Json]:
        there = self.libraries[arguments["cluster_id"]]
        answer = {"library_statuses": [dict(one) for one in there]} if there else {}
        for one in there:
            if one["status"] == "PENDING":
                one.update(self.library_outcome(one["library"]))
        return 200, answer

    def _libraries_install(self, arguments: Json) -> tuple[int, Json]:
        there = self.libraries[arguments["cluster_id"]]
        for library in arguments["libraries"]:
            there[:] = [one for one in there if one["library"] != library]
            there.append({"library": library, "status": "PENDING"})
        return 200, {}

    def _libraries_uninstall(self, arguments: Json) -> tuple[int, Json]:
        for one in self.libraries[arguments["cluster_id"]]:
            if one["library"] in arguments["libraries"]:
                one["status"] = "UNINSTALL_ON_RESTART"
        return 200, {}

    def _policies_clusters_list(self, _: Json) -> tuple[int, Json]:
        return 200, {"policies": list(self.policies.values())} if self.policies else {}

    def _policies_clusters_get(self, arguments: Json) -> tuple[int, Json]:
        policy = self.policies.get(arguments["policy_id"])
        if policy is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such policy"}
        return 200, policy

    def _instance_pools_list(self, _: Json) -> tuple[int, Json]:
        return 200, {"instance_pools": list(self.pools.values())} if self.pools else {}

    def _instance_pools_get(self, arguments: Json) -> tuple[int, Json]:
        return 200, dict(self.pools[arguments["instance_pool_id"]])

    def _instance_pools_create(self, arguments: Json) -> tuple[int, Json]:
        pool_id = f"0303-pool-{len(self.pools)}"
        self.pools[pool_id] = {**arguments, "instance_pool_id": pool_id, "state": "ACTIVE"}
        return 200, {"instance_pool_id": pool_id}

    def _instance_pools_edit(self, arguments: Json) -> tuple[int, Json]:
        self.pools[arguments["instance_pool_id"]].update(arguments)
        return 200, {}

    def _instance_pools_delete(self, arguments: Json) -> tuple[int, Json]:
        if self.pools.pop(arguments["instance_pool_id"], None) is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such pool"}
        return 200, {}

    def add_policy(self, name: str, rules: Json) -> str:
        """A cluster policy with these rules."""
        policy_id = f"P{len(self.policies)}"
        self.policies[policy_id] = {
            "policy_id": policy_id,
            "name": name,
            "definition": json.dumps(rules),
        }
        return policy_id
