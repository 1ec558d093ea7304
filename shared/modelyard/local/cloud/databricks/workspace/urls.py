"""Where the workspace API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.workspace.models import Workspace
from modelyard.local.cloud.databricks.workspace.responses import WorkspaceResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, workspace: Workspace) -> Sequence[Route]:
    answers = WorkspaceResponses(workspace)
    return [
        api.get("workspace/get-status", answers.get_status),
        api.get("workspace/list", answers.list),
        api.post("workspace/mkdirs", answers.make_folder),
        api.post("workspace/import", answers.import_object),
        api.get("workspace/export", answers.export),
        api.post("workspace/delete", answers.delete),
        api.stream("POST", "workspace-files/import-file/<path:path>", answers.import_file),
        api.stream("GET", "workspace-files/<path:path>", answers.read_file),
    ]
