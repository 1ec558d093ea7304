"""Every endpoint that takes JSON, with one value after the other replaced by something else: the
answer may be a success or a clear 4xx, never a crash."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from databricks_service import CLUSTER, ApiFailure, Workspace
from fake_drivers import Stage

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**30, 1.5, "", "x", "/x", "..", "\0", "é" * 10),
    *([], [1], ["x"], [None], [[]], {}, {"x": 1}, {"": None}, {"name": []}),
)


@pytest.fixture
def requests(workspace: Workspace, stage: Stage) -> dict[str, Any]:
    """A request that is fine for each endpoint."""
    cluster_id = workspace.cluster()
    task = {
        "task_key": "t",
        "notebook_task": {"notebook_path": workspace.notebook(), "base_parameters": {"a": "b"}},
        "existing_cluster_id": cluster_id,
        "libraries": [{"pypi": {"package": "x"}}],
        "depends_on": [],
    }
    job_id = workspace.post("2.1/jobs/create", name="x", tasks=[task])["job_id"]
    run_id = workspace.post("2.1/jobs/run-now", job_id=job_id)["run_id"]
    workspace.run_ends(run_id)
    policy = workspace.post("policies/clusters/create", name="p")
    workspace.post("secrets/scopes/create", scope="s")
    library = {"pypi": {"package": "x", "repo": "http://127.0.0.1/simple"}}
    scope = {"scope": "z", "scope_backend_type": "AZURE_KEYVAULT"}
    vault = {"resource_id": "x", "dns_name": "y"}
    return {
        "clusters/create": {**CLUSTER, **policy, "idempotency_token": "x"},
        "clusters/edit": {**CLUSTER, "cluster_id": cluster_id},
        "clusters/resize": {"cluster_id": cluster_id, "num_workers": 2},
        "clusters/events": {"cluster_id": cluster_id, "order": "ASC", "event_types": ["RUNNING"]},
        "libraries/install": {"cluster_id": cluster_id, "libraries": [library, {"whl": "dbfs:/x"}]},
        "libraries/uninstall": {"cluster_id": cluster_id, "libraries": [library]},
        "instance-pools/create": {"instance_pool_name": "q", "node_type_id": "Standard_DS3_v2"},
        "policies/clusters/create": {"name": "q", "definition": "{}", "libraries": []},
        "workspace/import": {"path": "/Shared/x", "content": "eA==", "language": "PYTHON"},
        "workspace/mkdirs": {"path": "/Shared/y"},
        "workspace/delete": {"path": "/Shared/y", "recursive": True},
        "dbfs/put": {"path": "/a", "contents": "eA==", "overwrite": True},
        "dbfs/create": {"path": "/b", "overwrite": True},
        "dbfs/add-block": {"handle": 1, "data": "eA=="},
        "dbfs/close": {"handle": 1},
        "dbfs/move": {"source_path": "/a", "destination_path": "/c"},
        "secrets/scopes/create": {**scope, "backend_azure_keyvault": vault},
        "secrets/put": {"scope": "s", "key": "k", "string_value": "v"},
        "secrets/acls/put": {"scope": "s", "principal": "p", "permission": "READ"},
        "2.1/jobs/create": {"name": "y", "tasks": [task], "parameters": [{"name": "p"}]},
        "2.0/jobs/create": {k: v for k, v in task.items() if k != "task_key"},
        "2.1/jobs/update": {
            "job_id": job_id,
            "new_settings": {"tasks": [task]},
            "fields_to_remove": ["tags", "tasks/x"],
        },
        "2.1/jobs/reset": {"job_id": job_id, "new_settings": {"tasks": [task], "name": "r"}},
        "2.1/jobs/run-now": {
            "job_id": job_id,
            "notebook_params": {"a": "b"},
            "queue": {"enabled": True},
            "job_parameters": {},
        },
        "2.1/jobs/runs/submit": {"tasks": [task], "idempotency_token": "w", "timeout_seconds": 4},
        "2.1/jobs/runs/repair": {"run_id": run_id, "rerun_tasks": ["t"], "latest_repair_id": 1},
        "2.1/jobs/runs/cancel-all": {"job_id": job_id, "all_queued_runs": True},
        "token/create": {"comment": "x", "lifetime_seconds": 5},
        "2.1/unity-catalog/schemas": {"name": "n", "catalog_name": "main"},
        "2.1/unity-catalog/volumes": {
            "name": "n",
            "catalog_name": "main",
            "schema_name": "default",
            "volume_type": "MANAGED",
        },
        "preview/scim/v2/ServicePrincipals": {"applicationId": "x", "displayName": "y"},
    }


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value, in a fixed order."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    inner = [
        place for key in keys if isinstance(value[key], dict | list) for place in places(value[key])
    ]
    return [*((value, key) for key in keys), *inner]


def test_no_request_breaks_the_service(workspace: Workspace, requests: dict[str, Any]) -> None:
    crashes = []
    for path, good in requests.items():
        for index in range(len(places(good))):
            for value in VALUES:
                request = copy.deepcopy(good)
                container, key = places(request)[index]
                container[key] = value
                try:
                    workspace.post(path, **request)
                except ApiFailure as failure:
                    if not 400 <= failure.status < 500 or not failure.message:
                        crashes.append(f"{path} {key}={value!r}: {failure}")
                except Exception as error:  # noqa: BLE001 - a crash of the handler: what is looked for
                    crashes.append(f"{path} {key}={value!r}: {type(error).__name__}: {error}")
    assert crashes == []
