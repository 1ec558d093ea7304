"""Where the Files API answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.files.models import Files
from modelyard.local.cloud.databricks.files.responses import FileResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, files: Files) -> Sequence[Route]:
    answers = FileResponses(files)
    file, folder = "fs/files/<path:path>", "fs/directories/<path:path>"
    return [
        api.stream("PUT", file, answers.upload),
        api.stream("POST", file, answers.initiate),
        api.stream("GET", file, answers.download),
        api.stream("DELETE", file, answers.delete),
        api.stream("PUT", folder, answers.make_folder),
        api.stream("GET", folder, answers.list_folder),
        api.stream("DELETE", folder, answers.delete_folder),
    ]
