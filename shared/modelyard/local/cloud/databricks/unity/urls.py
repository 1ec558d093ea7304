"""Where Unity Catalog answers."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.unity.models import Unity
from modelyard.local.cloud.databricks.unity.responses import UnityResponses
from modelyard.local.cloud.service import Route


def routes(api: Api, unity: Unity) -> Sequence[Route]:
    answers = UnityResponses(unity)
    collections = (
        ("catalogs", answers.create_catalog, answers.list_catalogs),
        ("schemas", answers.create_schema, answers.list_schemas),
        ("volumes", answers.create_volume, answers.list_volumes),
    )
    table = []
    for name, create, listed in collections:
        path = f"unity-catalog/{name}"
        table += [
            api.post(path, create),
            api.get(path, listed),
            api.get(f"{path}/<full_name>", answers.get),
            api.delete(f"{path}/<full_name>", answers.delete),
        ]
    return table
