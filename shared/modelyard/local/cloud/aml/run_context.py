"""What a program knows of the run that it is: its workspace, and a token to speak for itself.

Source: azureml-core, ``Run.get_context`` and ``AzureMLTokenAuthentication``.
"""

from __future__ import annotations

from modelyard.local.cloud.aml.front import AUDIENCE
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp
from modelyard.local.cloud.tokens import Tokens

TOKEN_SECONDS = 7 * 24 * 3600
"""Of the clients SDK v1 asks for a new one in time, MLflow's never does."""
TOKEN = "AZUREML_RUN_TOKEN"  # noqa: S105 - the name of a variable


def token(cloud: Cloud, run: str) -> tuple[str, str]:
    """A new one, and the time when it ends as Azure writes it."""
    value = Tokens(cloud).issue_for_run(run, AUDIENCE, TOKEN_SECONDS)
    return value, stamp(cloud.clock.time() + TOKEN_SECONDS)


def variables(
    cloud: Cloud, workspace: Workspace, run: str, root: str, experiment: str
) -> dict[str, str]:
    """For the program's environment.

    :param root: id of the run of the whole graph.
    :param experiment: its name.
    """
    value, expiry = token(cloud, run)
    parts = workspace.id.split("/")
    return {
        "AZUREML_RUN_ID": run,
        "AZUREML_ROOT_RUN_ID": root,
        TOKEN: value,
        f"{TOKEN}_EXPIRY": expiry,
        "AZUREML_ARM_SUBSCRIPTION": parts[2],
        "AZUREML_ARM_RESOURCEGROUP": parts[4],
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_EXPERIMENT_NAME": experiment,
        "AZUREML_WORKSPACE_ID": workspace.guid,
        "AZUREML_SERVICE_ENDPOINT": workspace.api,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{workspace.api}/discovery",
    }
