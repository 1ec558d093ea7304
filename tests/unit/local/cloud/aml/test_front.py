"""Who may ask the API of a region: every address of it asks for the same tokens."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.aml.urls import MachineLearningService
from modelyard.local.cloud.aml.workspaces import API_HOST
from modelyard.local.cloud.credentials import RESOURCE_GROUP, SUBSCRIPTION_ID
from modelyard.local.cloud.routing import Router
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import Tokens

HOST = API_HOST.replace("*", "westeurope")
WORKSPACE = (
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}/providers"
    "/Microsoft.MachineLearningServices/workspaces/wine"
)
ADDRESSES = (
    f"/history/v1.0{WORKSPACE}/runs/job1",
    f"/history/v1.0{WORKSPACE}/experiments/Default/runs/job1",
    f"/mlflow/v1.0{WORKSPACE}/api/2.0/mlflow/experiments/search",
    f"/modelmanagement/v1.0{WORKSPACE}/models",
)


def asked(router: Router, path: str, token: str) -> Response:
    headers = [("Authorization", f"Bearer {token}")] if token else []
    builder = EnvironBuilder(path, f"https://{HOST}", headers=headers)
    return router.dispatch(builder.get_request(Request))


def token_for(cloud: Cloud, audience: str) -> str:
    return Tokens(cloud).issue_for_run("app", audience, 3600)


@pytest.fixture
def router(cloud: Cloud) -> Router:
    return Router(MachineLearningService(cloud).routes())


@pytest.mark.parametrize("path", ADDRESSES)
def test_only_tokens_for_this_service_open_it(cloud: Cloud, router: Router, path: str) -> None:
    others = (
        token_for(cloud, "https://vault.azure.net"),
        token_for(cloud, "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"),
        Tokens(cloud).create("of the Databricks workspace")[1],
        "",
    )
    for token in others:
        answer = asked(router, path, token)
        assert answer.status_code == 401
        assert json.loads(answer.get_data())["error"]["message"]


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("audience", ["https://management.azure.com", "https://ml.azure.com"])
def test_those_for_it_get_as_far_as_the_workspace(
    cloud: Cloud, router: Router, path: str, audience: str
) -> None:
    answer = asked(router, path, token_for(cloud, audience))
    assert answer.status_code == 404
    assert "wine" in json.loads(answer.get_data())["error"]["message"]
