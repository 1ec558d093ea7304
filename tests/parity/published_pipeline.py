"""A published pipeline of SDK v1, made over REST: what parity triggers needs no SDK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

from local.aml_workplace import Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.credentials import SUBSCRIPTION_ID
from modelyard.local.cloud.environment import program_environment

NAME = "parity"
"""Of the workspace, its resource group, the compute and the pipeline."""
GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{NAME}"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{NAME}"
ARM = "https://management.azure.com"
API = "https://westeurope.api.azureml.ms/pipelines/v1.0"
STEP = "import sys; print('published:', sys.argv[1])"


def publish(cloud: LocalCloud, folder: Path) -> str:
    """Create the workspace, and publish a pipeline of one step that prints its parameter; its id.

    :param folder: an empty one, for the job that creates the workspace.
    """
    script = folder / "step.py"
    script.write_text(STEP)
    environment = program_environment(cloud.environment)
    created = Workplace(cloud, environment, folder).run(
        "aml-workspace", workspace_name=NAME, location="westeurope"
    )
    assert created.code == 0, created.log
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": environment["HTTPS_PROXY"]}
        session.verify = environment["REQUESTS_CA_BUNDLE"]
        session.headers["Authorization"] = f"Bearer {_token(session, environment)}"

        def send(method: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = session.request(method, url, json=body, timeout=60)
            assert answer.ok, answer.text
            found: dict[str, Any] = answer.json()
            return found

        cluster = {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}}
        send(
            "PUT",
            f"{ARM}{WORKSPACE}/computes/{NAME}?api-version=2024-10-01",
            {"location": "westeurope", "properties": cluster},
        )
        module = send("POST", f"{API}{WORKSPACE}/Modules", _module())
        made = send(
            "POST", f"{API}{WORKSPACE}/Pipelines/Create", _pipeline(str(module["Id"]), script)
        )
    return str(made["Id"])


def _token(session: requests.Session, environment: dict[str, str]) -> str:
    answer = session.post(
        f"https://login.microsoftonline.com/{environment['AZURE_TENANT_ID']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": environment["AZURE_CLIENT_ID"],
            "client_secret": environment["AZURE_CLIENT_SECRET"],
            "scope": f"{ARM}/.default",
        },
        timeout=60,
    )
    assert answer.ok, answer.text
    return str(answer.json()["access_token"])


def _module() -> dict[str, Any]:
    """A PythonScriptStep without a snapshot."""
    arguments = [{"ValueType": "Parameter", "Value": "text"}]
    return {
        "Name": "only",
        "ModuleExecutionType": "escloud",
        "StepType": "PythonScriptStep",
        "StructuredInterface": {"Arguments": arguments},
        "Runconfig": json.dumps({"environment": {"python": {"userManagedDependencies": True}}}),
    }


def _pipeline(module: str, script: Path) -> dict[str, Any]:
    """Its script lies on this machine, where the local cloud runs it."""
    node = {
        "Id": "only",
        "ModuleId": module,
        "ModuleParameters": [
            {"Name": "Script", "Value": str(script), "ValueType": "0"},
            {"Name": "Target", "Value": NAME, "ValueType": "0"},
            {"Name": "text", "Value": "text", "ValueType": "1"},
        ],
        "RegenerateOutput": True,
    }
    return {
        "Name": NAME,
        "Version": "7",
        "Graph": {"ModuleNodes": [node], "DatasetNodes": [], "Edges": []},
        "GraphInterface": {"Parameters": [{"Name": "text", "DefaultValue": "none"}]},
    }
