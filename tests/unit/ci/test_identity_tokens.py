from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests_mock

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from modelyard.errors import InputError, ServiceError, Unauthenticated

GITHUB_URL = "https://run-actions-1.actions.githubusercontent.com/7/idtoken/1/2?api-version=2.0"
GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": GITHUB_URL,
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "made-up-request-token",
}
AZURE_URL = "https://dev.azure.com/org/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken"
ACCESS_TOKEN = "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"
AZURE = {"SYSTEM_OIDCREQUESTURI": AZURE_URL, ACCESS_TOKEN: "made-up-job-token"}


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


def fork(folder: Path) -> dict[str, str]:
    """A pull request of somebody else's repository."""
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": "other/model"}}}}))
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "octo/model",
    }


def test_github_is_asked_for_one_audience(server: Any, capsys: Any) -> None:
    asked = server.get(GITHUB_URL, json={"count": 1, "value": "made-up-identity"})
    ci = GitHubActions(GITHUB)

    assert ci.no_identity_token() == ""
    assert ci.identity_token("api://AzureADTokenExchange") == "made-up-identity"
    assert asked.last_request.qs == {
        "api-version": ["2.0"],
        "audience": ["api://azureadtokenexchange"],
    }
    assert asked.last_request.headers["Authorization"] == "Bearer made-up-request-token"
    ci.write("who: made-up-identity")
    assert "made-up" not in capsys.readouterr().out


@pytest.mark.parametrize("connection", ["", "c0ffee"])
def test_azure_devops_is_asked_for_a_pipeline_or_a_connection(
    server: Any, connection: str, capsys: Any
) -> None:
    asked = server.post(AZURE_URL, json={"oidcToken": "made-up-identity"})
    ci = AzurePipelines(AZURE)

    assert ci.no_identity_token() == ""
    assert ci.identity_token("any", connection) == "made-up-identity"
    assert asked.last_request.qs.get("serviceconnectionid", [""]) == [connection]
    assert asked.last_request.qs["api-version"] == ["7.1"]
    assert asked.last_request.headers["Authorization"] == "Bearer made-up-job-token"
    ci.write("who: made-up-identity")
    assert "made-up" not in capsys.readouterr().out


def test_a_script_step_maps_its_access_token(server: Any) -> None:
    asked = server.post(AZURE_URL, json={"oidcToken": "identity"})
    variables = {"SYSTEM_OIDCREQUESTURI": AZURE_URL, "SYSTEM_ACCESSTOKEN": "mapped"}
    AzurePipelines(variables).identity_token("any")

    assert asked.last_request.headers["Authorization"] == "Bearer mapped"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda folder: GitHubActions({}),
            "no ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN: the job needs "
            "`permissions: id-token: write`",
        ),
        (
            lambda folder: GitHubActions({**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}),
            "no ACTIONS_ID_TOKEN_REQUEST_TOKEN: the job needs `permissions: id-token: write`",
        ),
        (
            lambda folder: GitHubActions(fork(folder)),
            "no ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN: a pull request of "
            "a fork gets no identity tokens",
        ),
        (
            lambda folder: AzurePipelines({**AZURE, "SYSTEM_OIDCREQUESTURI": ""}),
            "no System.OidcRequestUri: the agent is too old, or this isn't a job of an agent",
        ),
        (
            lambda folder: AzurePipelines({**AZURE, ACCESS_TOKEN: ""}),
            "no System.AccessToken: a script step has it only with "
            "`env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`",
        ),
        (lambda folder: Terminal({}), "a terminal has no identity tokens"),
    ],
    ids=["no permission", "half of it", "fork", "old agent", "script", "terminal"],
)
def test_what_is_missing_is_named(
    server: Any, tmp_path: Path, make: Callable[[Path], CISystem], said: str
) -> None:
    ci = make(tmp_path)

    assert ci.no_identity_token() == said
    with pytest.raises(InputError) as caught:
        ci.identity_token("any")
    assert caught.value.what == said
    assert server.call_count == 0


def test_a_refusal_shows_no_token(server: Any) -> None:
    server.post(AZURE_URL, status_code=401, json={"message": "TF400813 made-up-job-token"})
    with pytest.raises(Unauthenticated) as caught:
        AzurePipelines(AZURE).identity_token("any", "c0ffee")

    assert "TF400813" in caught.value.what
    assert "made-up" not in "\n".join(caught.value.lines())


@pytest.mark.parametrize("body", [{}, {"value": ""}, {"value": 7}])
def test_an_answer_without_a_token_is_an_error(server: Any, body: dict[str, Any]) -> None:
    server.get(GITHUB_URL, json=body)
    with pytest.raises(ServiceError, match="without an identity token"):
        GitHubActions(GITHUB).identity_token("any")


def test_an_address_that_is_none() -> None:
    with pytest.raises(InputError, match="is no address"):
        GitHubActions({**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "nowhere"}).identity_token("any")


@pytest.mark.parametrize(
    ("ci", "shared"),
    [
        (GitHubActions({"RUNNER_ENVIRONMENT": "github-hosted"}), False),
        (GitHubActions({"RUNNER_ENVIRONMENT": "self-hosted"}), True),
        (GitHubActions({}), True),
        (AzurePipelines({"AGENT_ISSELFHOSTED": "0"}), False),
        (AzurePipelines({"AGENT_ISSELFHOSTED": "1"}), True),
        (AzurePipelines({}), True),
        (Terminal({}), False),
    ],
)
def test_who_shares_a_home_folder_with_other_jobs(ci: CISystem, shared: bool) -> None:
    assert ci.shares_home is shared


@pytest.mark.parametrize("ci", [GitHubActions({}), AzurePipelines({}), Terminal({})])
def test_nobody_is_there_to_answer_without_a_terminal(ci: CISystem) -> None:
    assert ci.attended is False
