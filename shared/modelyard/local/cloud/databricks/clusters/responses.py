"""HTTP of the clusters API (Databricks REST reference, "Clusters API" 2.0 and 2.1)."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.clusters import catalogue
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.clusters.records import USABLE, Document
from modelyard.local.cloud.databricks.clusters.specification import size_of
from modelyard.local.cloud.databricks.identity.models import OWNER_ID
from modelyard.local.cloud.databricks.paging import bounded, page_of

SHOWN = (
    *("cluster_id", "creator_user_name", "cluster_source", "state", "state_message"),
    *("start_time", "terminated_time", "last_restarted_time", "termination_reason"),
)


class ClusterResponses:
    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    def create(self, call: Call) -> Json:
        token = call.text("idempotency_token", "") or None
        user = call.principal.name
        cluster_id = self._clusters.create(dict(call.arguments), user, idempotency_token=token)
        return {"cluster_id": cluster_id}

    def get(self, call: Call) -> Json:
        return described(self._clusters.get(call.text("cluster_id")))

    def list(self, call: Call) -> Json:
        """2.0: all clusters. 2.1: pages, and filters. No field at all when there are none."""
        documents = self._clusters.list()
        if call.version == "2.0":
            shown = [described(document) for document in documents]
            return {"clusters": shown} if shown else {}
        size = bounded("page_size", call.number("page_size", 20), 0, 100) or 20
        page = page_of(_filtered(documents, call), size, call.text("page_token", ""))
        shown = [described(document) for document in page.items]
        return {**({"clusters": shown} if shown else {}), **page.tokens()}

    def start(self, call: Call) -> Json:
        self._clusters.start(call.text("cluster_id"), call.principal.name)
        return {}

    def restart(self, call: Call) -> Json:
        self._clusters.restart(call.text("cluster_id"), call.principal.name)
        return {}

    def edit(self, call: Call) -> Json:
        self._clusters.edit(call.text("cluster_id"), dict(call.arguments), call.principal.name)
        return {}

    def resize(self, call: Call) -> Json:
        self._clusters.resize(call.text("cluster_id"), dict(call.arguments), call.principal.name)
        return {}

    def delete(self, call: Call) -> Json:
        self._clusters.terminate(call.text("cluster_id"), call.principal.name)
        return {}

    def permanent_delete(self, call: Call) -> Json:
        self._clusters.delete_forever(call.text("cluster_id"))
        return {}

    def pin(self, call: Call) -> Json:
        self._clusters.pin(call.text("cluster_id"), True)
        return {}

    def unpin(self, call: Call) -> Json:
        self._clusters.pin(call.text("cluster_id"), False)
        return {}

    def events(self, call: Call) -> Json:
        cluster_id = call.text("cluster_id")
        self._clusters.get(cluster_id)
        events = self._clusters.events.list(
            cluster_id,
            call.items("event_types", []),
            call.number("start_time") if call.has("start_time") else None,
            call.number("end_time") if call.has("end_time") else None,
        )
        if call.text("order", "DESC") == "DESC":
            events.reverse()
        limit = bounded("limit", call.number("limit", 50), 1, 500)
        offset = call.number("offset", 0)
        shown = events[offset : offset + limit]
        answer: Json = {"total_count": len(events)}
        if shown:
            answer["events"] = shown
        if offset + limit < len(events):
            following = {**call.arguments, "offset": offset + limit, "limit": limit}
            answer["next_page"] = following
        return answer

    def spark_versions(self, _: Call) -> Json:
        return {"versions": catalogue.spark_versions()}

    def node_types(self, _: Call) -> Json:
        return {"node_types": catalogue.node_types()}


def described(document: Document) -> Json:
    """A cluster as ``clusters/get`` and ``clusters/list`` show it."""
    specification = document["specification"]
    shown = {key: document[key] for key in SHOWN if document.get(key) is not None}
    answer: Json = {
        **specification,
        **shown,
        "driver_node_type_id": specification.get("driver_node_type_id")
        or specification.get("node_type_id", ""),
        "autotermination_minutes": specification.get("autotermination_minutes", 0),
        "enable_elastic_disk": specification.get("enable_elastic_disk", True),
        "default_tags": {
            "Vendor": "Databricks",
            "Creator": document["creator_user_name"],
            "ClusterName": specification.get("cluster_name", ""),
            "ClusterId": document["cluster_id"],
        },
        "spec": specification,
    }
    if document["state"] in USABLE:
        answer.update(_machines(document))
    return answer


def _machines(document: Document) -> Json:
    """The driver and the workers. There is one process; the workers are names only."""

    def node(number: int) -> Json:
        return {
            "node_id": f"{document['cluster_id']}-{number}",
            "private_ip": "127.0.0.1",
            "host_private_ip": "127.0.0.1",
            "public_dns": "127.0.0.1",
            "start_timestamp": document["start_time"],
        }

    workers = size_of(document["specification"])
    machines: Json = {
        "driver": node(0),
        "executors": [node(number) for number in range(1, workers + 1)],
        "spark_context_id": int(OWNER_ID) + document["generation"],
        "jdbc_port": 10000,
        "last_activity_time": document.get("last_activity_time", document["start_time"]),
        "last_state_loss_time": document.get("last_restarted_time", document["start_time"]),
    }
    if "autoscale" in document["specification"]:
        machines["num_workers"] = workers
    return machines


def _filtered(documents: list[Document], call: Call) -> list[Document]:
    def wanted(name: str) -> list[str]:
        return call.request.args.getlist(f"filter_by.{name}")

    states, sources = wanted("cluster_states"), wanted("cluster_sources")
    pinned: Any = call.arguments.get("filter_by.is_pinned")
    return [
        document
        for document in documents
        if (not states or document["state"] in states)
        and (not sources or document["cluster_source"] in sources)
        and (pinned is None or document["pinned"] == (str(pinned).lower() == "true"))
    ]
