"""HTTP of ``/api/2.0/libraries`` (Databricks REST reference, "Libraries API").

As in the service, an empty list is left out.
"""

from __future__ import annotations

from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.libraries.models import Libraries


class LibraryResponses:
    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries

    def install(self, call: Call) -> Json:
        self._libraries.install(call.text("cluster_id"), call.items("libraries"))
        return {}

    def uninstall(self, call: Call) -> Json:
        self._libraries.uninstall(call.text("cluster_id"), call.items("libraries"))
        return {}

    def cluster_status(self, call: Call) -> Json:
        return self._described(call.text("cluster_id"))

    def all_cluster_statuses(self, _: Call) -> Json:
        statuses = [self._described(cluster_id) for cluster_id in self._libraries.clusters()]
        return {"statuses": statuses} if statuses else {}

    def _described(self, cluster_id: str) -> Json:
        entries = self._libraries.statuses(cluster_id)
        answer: Json = {"cluster_id": cluster_id}
        if entries:
            answer["library_statuses"] = [
                {
                    "library": entry["library"],
                    "status": entry["status"],
                    "is_library_for_all_clusters": False,
                    **({"messages": entry["messages"]} if entry["messages"] else {}),
                }
                for entry in entries
            ]
        return answer
