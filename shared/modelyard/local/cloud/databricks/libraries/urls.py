"""Where the libraries API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.libraries.models import Libraries
from modelyard.local.cloud.databricks.libraries.responses import LibraryResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, libraries: Libraries) -> Sequence[Route]:
    answers = LibraryResponses(libraries)
    return [
        api.post("libraries/install", answers.install),
        api.post("libraries/uninstall", answers.uninstall),
        api.get("libraries/cluster-status", answers.cluster_status),
        api.get("libraries/all-cluster-statuses", answers.all_cluster_statuses),
    ]
