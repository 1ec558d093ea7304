"""Where the DBFS API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.dbfs.handles import Handles
from modelyard.local.cloud.databricks.dbfs.models import Dbfs
from modelyard.local.cloud.databricks.dbfs.responses import DbfsResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, dbfs: Dbfs, handles: Handles) -> Sequence[Route]:
    answers = DbfsResponses(dbfs, handles)
    return [
        api.post("dbfs/mkdirs", answers.make_folder),
        api.post("dbfs/put", answers.put),
        api.post("dbfs/create", answers.create),
        api.post("dbfs/add-block", answers.add_block),
        api.post("dbfs/close", answers.close),
        api.get("dbfs/read", answers.read),
        api.get("dbfs/get-status", answers.get_status),
        api.get("dbfs/list", answers.list),
        api.post("dbfs/delete", answers.delete),
        api.post("dbfs/move", answers.move),
    ]
