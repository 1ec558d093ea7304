"""Projects of the local Azure DevOps by the unmodified package, and what the service refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION

CLOUD_SERVICES = ("entra", "devops")
HOME = f"https://dev.azure.com/{ORGANIZATION}"
CLIENT = """
import sys
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.build import models as build
from azure.devops.v7_1.core import models as core
from azure.devops.v7_1.git import models as git
from azure.devops.v7_1.pipeline_permissions import models as permissions
from azure.devops.v7_1.service_endpoint import models as endpoints
from azure.devops.v7_1.task_agent import models as agent
from msrest.authentication import BasicAuthentication

clients = Connection(sys.argv[1], BasicAuthentication("", sys.argv[2])).clients_v7_1


def refused(call, *arguments):
    try:
        call(*arguments)
    except AzureDevOpsServiceError as error:
        return error.type_key


projects = clients.get_core_client()
assert [one.name for one in projects.get_projects()] == ["local"]
assert projects.queue_create_project(core.TeamProject(name="Wine")).status == "succeeded"
assert projects.get_project("wine").name == "Wine"
assert refused(projects.get_project, "other") == "ProjectDoesNotExistWithNameException"
assert refused(projects.queue_create_project, core.TeamProject(name="wine"))
repositories = clients.get_git_client()
(own,) = repositories.get_repositories("Wine")
assert own.name == "Wine" and own.default_branch == "refs/heads/main"
repositories.create_repository(git.GitRepositoryCreateOptions(name="second"), "Wine")
assert repositories.get_repository("SECOND", "wine").name == "second"
assert refused(repositories.get_repository, "third", "wine") == "GitRepositoryNotFoundException"

branch = dict(source_ref_name="refs/heads/new", target_ref_name="refs/heads/main")
asked = repositories.create_pull_request(git.GitPullRequest(title="New", **branch), own.id, "Wine")
place = (own.id, asked.pull_request_id)
comment = git.Comment(content="first", comment_type="text")
thread = git.GitPullRequestCommentThread(comments=[comment], status="active")
made = repositories.create_thread(thread, *place, "Wine")
answer = git.Comment(content="second", parent_comment_id=1)
said = repositories.create_comment(answer, *place, made.id, "Wine")
said.content = "second, better"
repositories.update_comment(git.Comment(content=said.content), *place, made.id, said.id, "Wine")
closed = git.GitPullRequestCommentThread(status="fixed")
repositories.update_thread(closed, *place, made.id, "Wine")
(thread,) = repositories.get_threads(*place, "Wine")
assert thread.status == "fixed"
assert [one.content for one in thread.comments] == ["first", "second, better"]
repositories.update_pull_request(git.GitPullRequest(status="completed"), *place, "Wine")
assert repositories.get_pull_requests(own.id, git.GitPullRequestSearchCriteria(), "Wine") == []
assert repositories.get_pull_request(*place, "Wine").status == "completed"
assert refused(repositories.get_pull_request, "second", asked.pull_request_id, "Wine")

agents = clients.get_task_agent_client()
made = agents.add_environment(agent.EnvironmentCreateParameter(name="prod"), "Wine")
again = agent.EnvironmentCreateParameter(name="PROD")
assert refused(agents.add_environment, again, "Wine") == "EnvironmentExistsException"
changed = agent.EnvironmentUpdateParameter(name="prod", description="text")
assert agents.update_environment(changed, "Wine", made.id).description == "text"
assert agents.get_environments("local") == []
assert [one.name for one in agents.get_environments("Wine", name="prod")] == ["prod"]
agents.delete_environment("Wine", made.id)
assert refused(agents.get_environment_by_id, "Wine", made.id) == "EnvironmentNotFoundException"
assert [one.name for one in agents.get_agent_queues("Wine")] == ["Default", "Azure Pipelines"]

service = clients.get_service_endpoint_client()
reference = endpoints.ServiceEndpointProjectReference(
    name="docker", project_reference=endpoints.ProjectReference(id=own.project.id, name="Wine")
)


def docker(**parameters):
    return endpoints.ServiceEndpoint(
        name="docker", type="dockerregistry", url="https://wine.azurecr.io", data={},
        authorization=endpoints.EndpointAuthorization(parameters, "UsernamePassword"),
        service_endpoint_project_references=[reference],
    )


connection = service.create_service_endpoint(docker(username="u", password="made-up-1"))
assert connection.authorization.parameters["password"] is None
assert refused(service.create_service_endpoint, docker(username="u"))
service.update_service_endpoint(docker(username="w"), connection.id)
(found,) = service.get_service_endpoints_by_names("Wine", ["Docker"])
assert found.authorization.parameters["username"] == "w"
assert service.get_service_endpoint_details("Wine", connection.id).name == "docker"

builds = clients.get_build_client()


def definition(**more):
    return build.BuildDefinition(
        name="train", process={"type": 2, "yamlFilename": "train.yml"},
        repository=build.BuildRepository(id=own.id, type="TfsGit"), **more,
    )


secret = build.BuildDefinitionVariable(value="made-up-2", is_secret=True)
pipeline = builds.create_definition(definition(path="\\\\ml", variables={"s": secret}), "Wine")
assert pipeline.repository.name == "Wine" and pipeline.variables["s"].value is None
assert refused(builds.create_definition, definition(path="\\\\ml"), "Wine")
users = clients.get_pipeline_permissions_client()
place = ("Wine", "endpoint", connection.id)


def permit(*, number=None, authorized=True):
    one = permissions.PipelinePermission(id=number, authorized=authorized)
    given = {"pipelines": [one]} if number else {"all_pipelines": one}
    return permissions.ResourcePipelinePermissions(
        resource=permissions.Resource(id=connection.id, type="endpoint"), **given
    )


change = users.update_pipeline_permisions_for_resource
found = users.get_pipeline_permissions_for_resource(*place)
assert (found.all_pipelines, found.pipelines) == (None, [])
change(permit(number=pipeline.id), *place)
found = change(permit(number=77), *place)
assert [one.id for one in found.pipelines] == [pipeline.id, 77]
assert found.pipelines[0].authorized and found.pipelines[0].authorized_on
assert found.pipelines[0].authorized_by.display_name
found = change(permit(number=77, authorized=False), *place)
assert [one.id for one in found.pipelines] == [pipeline.id]
assert change(permit(), *place).all_pipelines.authorized
(found,) = users.update_pipeline_permisions_for_resources([permit(authorized=False)], "Wine")
assert found.all_pipelines is None and len(found.pipelines) == 1

pipeline.variables = {"S": build.BuildDefinitionVariable(is_secret=True)}
pipeline.name = "train-2"
assert builds.update_definition(pipeline, "Wine", pipeline.id).revision == 2
assert refused(builds.update_definition, pipeline, "Wine", pipeline.id) == "InvalidRequestException"
assert [one.name for one in builds.get_definitions("Wine", name="train*")] == ["train-2"]
(shown,) = clients.get_pipelines_client().list_pipelines("Wine")
assert (shown.id, shown.name, shown.folder) == (pipeline.id, "train-2", "\\\\ml")
builds.delete_definition("Wine", pipeline.id)
assert builds.get_definitions("Wine") == []
"""


def test_a_project_with_the_real_client(
    cloud: LocalCloud, cloud_environment: dict[str, str]
) -> None:
    token = cloud.services["devops"].organization.personal_token()  # type: ignore[attr-defined]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, HOME, token],
        env=cloud_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def ask(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Callable[..., tuple[int, str]]:
    """Status and message of an answer."""
    token = cloud.services["devops"].organization.personal_token()  # type: ignore[attr-defined]

    def call(method: str, path: str, body: Any) -> tuple[int, str]:
        answer = requests.request(method, f"{HOME}{path}", json=body, auth=("", token), timeout=30)
        return answer.status_code, answer.json().get("message", "")

    return call


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/_apis/serviceendpoint/endpoints", {"name": "a"}, 400, "belong to a project"),
        (
            "POST",
            "/_apis/serviceendpoint/endpoints",
            {
                "name": "a",
                "type": "azurerm",
                "authorization": {"scheme": "WorkloadIdentityFederation", "parameters": {}},
                "serviceEndpointProjectReferences": [{"projectReference": {"name": "local"}}],
            },
            400,
            "tenantid is missing",
        ),
        ("POST", "/local/_apis/distributedtask/environments", {"name": " "}, 400, "not be empty"),
        ("POST", "/local/_apis/distributedtask/environments", [], 400, "needs a JSON object"),
        ("POST", "/other/_apis/distributedtask/environments", {"name": "a"}, 404, "TF200016"),
        (
            "POST",
            "/local/_apis/pipelines/checks/configurations",
            {"resource": {"type": "environment", "id": "77"}},
            404,
            "Environment 77 does not exist",
        ),
        (
            "POST",
            "/local/_apis/pipelines/checks/configurations",
            {"resource": {"type": "queue", "id": "1"}, "settings": {"approvers": [{"id": "x"}]}},
            400,
            "Identity x is not known",
        ),
        ("POST", "/local/_apis/build/definitions", {"name": "a"}, 400, "of a YAML file"),
        (
            "POST",
            "/local/_apis/build/definitions",
            {
                "name": "a",
                "process": {"type": 2, "yamlFilename": "a.yml"},
                "repository": {"type": "TfsGit", "id": "other"},
            },
            404,
            "GitRepository other does not exist",
        ),
        (
            "POST",
            "/local/_apis/build/definitions",
            {
                "name": "a",
                "process": {"type": 2, "yamlFilename": "a.yml"},
                "repository": {"type": "GitHub"},
                "variables": {"A": {"value": "1"}, "a": {"value": "2"}},
            },
            400,
            "The variable a is there twice",
        ),
        ("POST", "/local/_apis/policy/configurations", {"type": {"id": "x"}}, 400, "no policy"),
        (
            "POST",
            "/local/_apis/policy/configurations",
            {
                "type": {"id": "0609b952-1397-4640-95ec-e00a01b2c241"},
                "settings": {"buildDefinitionId": 77},
            },
            404,
            "Definition 77 does not exist",
        ),
    ],
)
def test_what_is_refused(
    ask: Callable[..., tuple[int, str]],
    method: str,
    path: str,
    body: Any,
    status: int,
    message: str,
) -> None:
    found = ask(method, path, body)
    assert found[0] == status
    assert message in found[1]


def test_a_token_that_may_only_read(cloud: LocalCloud, inside_cloud: dict[str, str]) -> None:
    answer = requests.post(
        f"{cloud.url}/modelyard/devops/personal-tokens",
        json={"read_only": True},
        headers=cloud.admin_headers,
        timeout=30,
    )
    auth = ("", answer.json()["token"])
    path = f"{HOME}/local/_apis/distributedtask/environments"
    assert requests.get(path, auth=auth, timeout=30).ok
    refused = requests.post(path, json={"name": "a"}, auth=auth, timeout=30)
    assert (refused.status_code, refused.json()["typeKey"]) == (403, "AccessDeniedException")
