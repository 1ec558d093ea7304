"""The variable groups of the local Azure DevOps, as a run uses them.

In Azure Pipelines the server hands a job the values of its groups, and reads those that a key vault
holds with the group's service connection when the job starts. Here a process of its own reads them,
in the environment of a step: it sees the local cloud as any client does.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modelyard.local.cloud.commands.client import call
from modelyard.local.own_program import own_program
from modelyard.local.runner.engine.connections import Services, system_connection
from modelyard.local.runner.engine.job_variables import Group, Groups, GroupValue, LinkedGroup
from modelyard.local.runner.predefined_variables import Build
from modelyard.local.runner.variables import environment_name
from modelyard.runner_errors import GroupError


def groups_of(state: Path, services: Services, environment: Mapping[str, str]) -> Groups:
    """The groups of the project that local builds belong to.

    :param environment: of a program in the local cloud.
    :raises LocalCloudError: when the cloud doesn't answer.
    """
    project = Build().project
    path = f"devops/variable-groups?project={quote(project)}"
    found = call(state, "GET", path)["groups"]
    return {one["name"]: _group(one, services, environment) for one in found}


def _group(document: dict[str, Any], services: Services, environment: Mapping[str, str]) -> Group:
    variables = document["variables"]
    if document["type"] == "AzureKeyVault":
        names = tuple(name for name, one in variables.items() if one.get("enabled", True))
        return LinkedGroup(names, partial(_read, document, names, services, environment))
    return {
        name: GroupValue(str(one.get("value") or ""), secret=bool(one.get("isSecret")))
        for name, one in variables.items()
    }


def _read(
    document: dict[str, Any],
    names: tuple[str, ...],
    services: Services,
    environment: Mapping[str, str],
) -> dict[str, str]:
    build = Build()
    endpoint = services.connection(document["connection"], "AzureRM", build.project)
    access = services.start_job(build, str(uuid.uuid4()), str(uuid.uuid4()))
    told = dict(
        pair
        for one in (endpoint, system_connection(build, access.token))
        for pair in one.environment()
    )
    facts = {environment_name(name): value for name, value in access.facts.items()}
    wanted = {
        "vault": document["providerData"]["vault"],
        "connection": endpoint.id,
        "secrets": list(names),
    }
    done = subprocess.run(
        own_program("runner.builtin.key_vault_group_process"),
        env={**environment, **facts, **told, "MODELYARD_GROUP": json.dumps(wanted)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise GroupError(
            f"the variable group {document['name']} has no values: {done.stderr.strip()}"
        )
    values: dict[str, str] = json.loads(done.stdout)
    return values
