"""All routes of the workspace. MLflow's, below ``/api/2.0/mlflow``, belong to another service."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.local.cloud.databricks.api import Api
from modelyard.local.cloud.databricks.auth import urls as auth
from modelyard.local.cloud.databricks.clusters import urls as clusters
from modelyard.local.cloud.databricks.dbfs import urls as dbfs
from modelyard.local.cloud.databricks.files import urls as files
from modelyard.local.cloud.databricks.identity import urls as identity
from modelyard.local.cloud.databricks.jobs import urls as jobs
from modelyard.local.cloud.databricks.jobs.descriptions import RunDescriptions
from modelyard.local.cloud.databricks.jobs.run_responses import RunResponses
from modelyard.local.cloud.databricks.libraries import urls as libraries
from modelyard.local.cloud.databricks.models import WorkspaceModel
from modelyard.local.cloud.databricks.pages import urls as pages
from modelyard.local.cloud.databricks.pages.lists import ListPages
from modelyard.local.cloud.databricks.pages.runs import RunPages
from modelyard.local.cloud.databricks.policies import urls as policies
from modelyard.local.cloud.databricks.pools import urls as pools
from modelyard.local.cloud.databricks.secrets import urls as secrets
from modelyard.local.cloud.databricks.tokens import urls as tokens
from modelyard.local.cloud.databricks.unity import urls as unity
from modelyard.local.cloud.databricks.workspace import urls as workspace
from modelyard.local.cloud.service import Route


def all_routes(model: WorkspaceModel) -> Sequence[Route]:
    api = Api(model.cloud, model.authenticate)
    run_pages = RunPages(model.runs)
    runs = RunResponses(
        model.jobs,
        model.runs,
        model.engine,
        model.submissions,
        RunDescriptions(model.runs, model.cloud.url),
        run_pages.task_page,
    )
    lists = ListPages(model.jobs, model.runs, model.clusters, model.libraries)
    return [
        *auth.routes(api, model.access, model.federation),
        *clusters.routes(api, model.clusters),
        *libraries.routes(api, model.libraries),
        *pools.routes(api, model.pools),
        *policies.routes(api, model.policies),
        *workspace.routes(api, model.workspace),
        *dbfs.routes(api, model.dbfs, model.handles),
        *files.routes(api, model.files),
        *unity.routes(api, model.unity),
        *secrets.routes(api, model.secrets),
        *jobs.routes(api, model.jobs, runs, model.forced),
        *tokens.routes(api, model.tokens),
        *identity.routes(api, model.identities),
        *pages.routes(api, lists, run_pages),
        api.unknown(),
    ]
