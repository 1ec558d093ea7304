"""A service connection with workload identity federation, from the agent's variables to a
workspace, with azure-identity as it is."""

from __future__ import annotations

import os

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzurePipelinesCredential

from local.connections import make_generic
from modelyard.azure import identity
from modelyard.azure.identity.connection import of_connection
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.clock import SystemClock
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.commands.client import call
from modelyard.local.cloud.devops.models import ORGANIZATION, Connection, Organization
from modelyard.local.commands.local_services import LocalServices
from modelyard.local.runner.engine.connections import NoConnection

CLOUD_SERVICES = ("entra", "arm", "devops", "databricks")
ARM = "https://management.azure.com"


@pytest.fixture
def organization(cloud: LocalCloud) -> Organization:
    service = cloud.services["devops"]
    service.reset()
    found: Organization = service.organization  # type: ignore[attr-defined]
    return found


@pytest.fixture
def connection(organization: Organization, inside_cloud: dict[str, str]) -> Connection:
    os.environ["SYSTEM_OIDCREQUESTURI"] = (
        f"https://dev.azure.com/{ORGANIZATION}/p1/_apis/distributedtask/hubs/build/plans/1/jobs/2"
        "/oidctoken"
    )
    return organization.connect("ml-dev", "wine")


def credential(connection: Connection, job_token: str, **more: str) -> AzurePipelinesCredential:
    return AzurePipelinesCredential(
        **{
            "tenant_id": connection.tenant_id,
            "client_id": connection.client_id,
            "service_connection_id": connection.id,
            "system_access_token": job_token,
            **more,
        }
    )


def test_a_job_signs_in_without_any_secret(
    connection: Connection, organization: Organization
) -> None:
    with credential(connection, organization.start_job()) as federated:
        token = federated.get_token(f"{ARM}/.default").token
    answer = requests.get(
        f"{ARM}/subscriptions?api-version=2022-12-01",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200


def test_the_agents_variables_are_enough(
    connection: Connection, organization: Organization, cloud: LocalCloud
) -> None:
    variables = {
        **os.environ,
        f"ENDPOINT_AUTH_SCHEME_{connection.id}": "WorkloadIdentityFederation",
        f"ENDPOINT_AUTH_PARAMETER_{connection.id}_TENANTID": connection.tenant_id,
        f"ENDPOINT_AUTH_PARAMETER_{connection.id}_SERVICEPRINCIPALID": connection.client_id,
        "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": organization.start_job(),
    }
    given = AzurePipelines(variables).service_connection(connection.id)
    token = of_connection(given).token(identity.DATABRICKS, clock=SystemClock())

    answer = requests.get(
        f"{cloud.environment['DATABRICKS_HOST']}/api/2.0/preview/scim/v2/Me",
        headers=token.headers(),
        timeout=30,
    )
    assert answer.json()["userName"] == connection.client_id


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"system_access_token": "made-up"}, 401), ({"service_connection_id": "made-up"}, 404)],
)
def test_who_may_not_use_a_connection_gets_no_identity(
    connection: Connection, organization: Organization, wrong: dict[str, str], status: int
) -> None:
    with (
        credential(connection, organization.start_job(), **wrong) as refused,
        pytest.raises(ClientAuthenticationError) as caught,
    ):
        refused.get_token(f"{ARM}/.default")
    assert caught.value.status_code == status


def test_a_connection_is_made_once_and_forgotten_by_a_reset(
    organization: Organization, cloud: LocalCloud
) -> None:
    first = organization.connect("ml-dev", "wine")

    assert organization.connect("ml-dev", "wine") == first
    assert organization.connect("ML-Dev", "Wine") == first
    assert organization.connect("ml-dev", "other").id != first.id
    cloud.services["devops"].reset()
    assert organization.connections() == []


def test_the_clouds_own_interface_makes_connections_and_jobs(
    organization: Organization, cloud: LocalCloud
) -> None:
    def post(path: str, body: dict[str, str]) -> requests.Response:
        url = f"{cloud.url}/modelyard/devops/{path}"
        return requests.post(url, json=body, headers=cloud.admin_headers, timeout=30)

    assert post("service-connections", {"name": "ml-dev"}).status_code == 400
    made = post("service-connections", {"name": "ml-dev", "project": "wine"}).json()
    assert Connection(**made) == organization.connections()[0]
    token = post("jobs", {}).json()["access_token"]
    assert organization.identity_token(token, made["id"]).count(".") == 2


def test_connections_of_an_older_state_folder_are_taken_over(cloud: LocalCloud) -> None:
    store = cloud.cloud.store
    cloud.services["devops"].reset()
    store.put("devops.service_connections", "id-1", {"name": "ml-dev", "project": "local"})
    store.put("devops.service_connections", "id-2", {"name": "ml-test", "project": "local"})
    body = {
        "id": "id-2",
        "name": "ml-test",
        "description": "of a client",
        "authorization": {"scheme": "WorkloadIdentityFederation", "parameters": {}},
    }
    store.put("devops.endpoints", "id-2", {"id": "id-2", "project": "local", "body": body})
    registry = {"id": "id-3", "name": "registry", "authorization": {"scheme": "x"}}
    store.put("devops.endpoints", "id-3", {"id": "id-3", "project": "local", "body": registry})

    found = Organization(cloud.cloud)

    assert [one.id for one in found.connections()] == ["id-1", "id-2"]
    assert found.written("local") == [found.written("local")[0], body, registry]
    whole = found.written("local")[0]
    assert (whole["name"], whole["type"], whole["id"]) == ("ml-dev", "azurerm", "id-1")
    assert found.identity_token(found.start_job(), "id-1")
    assert list(store.items("devops.endpoints")) == []
    assert Organization(cloud.cloud).written("local") == found.written("local")


def test_a_service_tells_a_plan_that_a_task_has_completed(
    cloud: LocalCloud, organization: Organization, inside_cloud: dict[str, str]
) -> None:
    address = (
        f"https://dev.azure.com/{ORGANIZATION}/p1/_apis/distributedtask/hubs/build/plans/P/events"
    )
    token = ("", organization.start_job())

    def post(auth: tuple[str, str] = token, **event: str) -> int:
        event = {"jobId": "J", "taskId": "T", **event}
        return requests.post(
            f"{address}?api-version=7.1", json=event, auth=auth, timeout=30
        ).status_code

    def seen(task: str = "t") -> str:
        found = call(cloud.folder, "GET", f"devops/events/p/j/{task}")
        return str(found["result"])

    assert post(name="TaskStarted") == 204
    assert seen() == ""
    assert post(("", "nobody"), name="TaskCompleted", result="succeeded") == 401
    assert post(name="TaskEnded") == 400
    assert post(name="TaskCompleted", result="good") == 400
    assert seen() == ""
    assert post(name="TaskCompleted", result="failed") == 204
    assert post(name="TaskCompleted", result="succeeded") == 204
    assert seen() == "failed"  # the first counts
    assert seen("other") == ""


def test_a_generic_connection_is_there_for_the_runner_once_somebody_has_made_it(
    cloud: LocalCloud, organization: Organization, inside_cloud: dict[str, str]
) -> None:
    services = LocalServices(cloud.folder)
    with pytest.raises(NoConnection, match=r"no generic service connection any .* local; .*setup"):
        services.connection("any", "Generic", "local")
    sign_in = {"username": "me", "password": "pass-word-1"}
    made = make_generic(cloud, "any", "https://any.example/", **sign_in)
    found = services.connection("Any", "Generic", "local")
    assert (found.id, found.url) == (made["id"], "https://any.example/")
    assert found.parameters == sign_in
    assert list(found.secrets) == ["pass-word-1"]
    with pytest.raises(
        NoConnection, match="no generic service connection any in the project other"
    ):
        services.connection("any", "Generic", "other")
