"""Where the instance pools API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.pools.models import Pools
from modelyard.local.cloud.databricks.pools.responses import PoolResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, pools: Pools) -> Sequence[Route]:
    answers = PoolResponses(pools)
    return [
        api.post("instance-pools/create", answers.create),
        api.post("instance-pools/edit", answers.edit),
        api.get("instance-pools/get", answers.get),
        api.get("instance-pools/list", answers.list),
        api.post("instance-pools/delete", answers.delete),
    ]
