"""Where the clusters API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.clusters.responses import ClusterResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, clusters: Clusters) -> Sequence[Route]:
    answers = ClusterResponses(clusters)
    return [
        api.post("clusters/create", answers.create),
        api.get("clusters/get", answers.get),
        api.get("clusters/list", answers.list),
        api.post("clusters/start", answers.start),
        api.post("clusters/restart", answers.restart),
        api.post("clusters/edit", answers.edit),
        api.post("clusters/resize", answers.resize),
        api.post("clusters/delete", answers.delete),
        api.post("clusters/permanent-delete", answers.permanent_delete),
        api.post("clusters/pin", answers.pin),
        api.post("clusters/unpin", answers.unpin),
        api.post("clusters/events", answers.events),
        api.get("clusters/spark-versions", answers.spark_versions),
        api.get("clusters/list-node-types", answers.node_types),
    ]
