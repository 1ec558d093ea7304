"""Service connections: their sign-ins, secrets and addresses."""

from __future__ import annotations

from typing import Any

from local.setup_azure_devops.setup import NEEDED, SECRETS, Setup

CLOUD_SERVICES = NEEDED
OF_REGISTRY = """\
      type: container-registry
      registry: wine.azurecr.io
      user: wine
      secrets: {password: env:SETUP_PASSWORD}
"""
QUIET = ("--set", "azure-devops.extension-publisher=")


def stored(setup: Setup, name: str) -> Any:
    """As the service keeps it, with its secrets."""
    endpoints = setup.cloud.services["devops"]._endpoints  # type: ignore[attr-defined]
    (found,) = [one for one in endpoints.of_project("local") if one["name"] == name]
    return found


def by_somebody(setup: Setup, name: str, change: dict[str, Any]) -> None:
    """Somebody changes a connection by hand."""
    found = stored(setup, name)
    path = f"/_apis/serviceendpoint/endpoints/{found['id']}"
    setup.asked("PUT", path, json={**found, **change})


def authorization(scheme: str, **parameters: str) -> dict[str, Any]:
    return {"authorization": {"scheme": scheme, "parameters": parameters}}


def test_a_connection_keeps_its_secret_until_it_is_for_another_user(setup: Setup) -> None:
    def password() -> str:
        return str(stored(setup, "registry")["authorization"]["parameters"]["password"])

    setup()
    setup.replace("user: wine", "user: wine\n      description: Images")
    other = {"SETUP_PASSWORD": "another-value-9012"}
    described = setup("--set", "azure-devops.extension-publisher=", **other).stdout
    assert "-> Images\n" in described
    assert "secret password" not in described
    assert password() == SECRETS["SETUP_PASSWORD"]

    del setup.environment["SETUP_PASSWORD"]  # nothing is needed for what stays
    setup("--set", "azure-devops.service-connections[1].description=More images")
    assert password() == SECRETS["SETUP_PASSWORD"]

    setup.replace("user: wine", "user: wine-2")
    assert "SETUP_PASSWORD isn't set" in setup(code=2).stderr
    setup(**other)
    assert password() == "another-value-9012"


def test_a_registry_by_federation_needs_no_secret(setup: Setup) -> None:
    group = "/subscriptions/s/resourceGroups/ml"
    resource = f"{group}/providers/Microsoft.ContainerRegistry/registries/Wine"
    setup.replace(
        "      registry: wine.azurecr.io\n      user: wine\n"
        "      secrets: {password: env:SETUP_PASSWORD}\n",
        f"      resource-id: {resource}\n",
    )
    done = setup().stdout
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    parameters = made["authorization"]["parameters"]
    assert made["data"]["registryId"] == parameters["scope"] == resource
    ids = setup.environment
    assert (parameters["tenantid"], parameters["serviceprincipalid"]) == (
        ids["AZURE_TENANT_ID"],
        ids["AZURE_CLIENT_ID"],
    )
    assert "role" not in parameters
    assert (parameters["loginServer"], made["url"]) == (
        "wine.azurecr.io",
        "https://wine.azurecr.io",
    )
    assert parameters["workloadIdentityFederationSubject"] == "sc://modelyard-local/local/registry"
    assert "sc://modelyard-local/local/registry" in done  # whom the application has to trust
    assert "nothing to change" in setup("--set", "azure-devops.extension-publisher=").stdout

    setup.replace(f"resource-id: {resource}", f"resource-id: {group}")
    assert "isn't that of an Azure container registry" in setup(code=3).stderr


def test_a_connection_to_any_server_has_its_address_alone(setup: Setup) -> None:
    setup.replace(
        OF_REGISTRY,
        "      type: generic\n      url: https://westeurope.api.azureml.ms\n",
    )
    setup()
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    assert (made["type"], made["url"]) == ("generic", "https://westeurope.api.azureml.ms/")
    assert made["authorization"]["scheme"] == "UsernamePassword"
    assert "nothing to change" in setup("--set", "azure-devops.extension-publisher=").stdout

    setup.replace("westeurope.api", "northeurope.api")
    assert "url: https://westeurope.api.azureml.ms/ -> https://northeurope" in setup().stdout
    made = setup.only("/local/_apis/serviceendpoint/endpoints", "registry")
    assert made["url"] == "https://northeurope.api.azureml.ms/"


def test_a_connection_that_signs_in_otherwise_needs_its_secret_anew(setup: Setup) -> None:
    setup.replace(
        OF_REGISTRY,
        "      type: github\n      secrets: {token: env:SETUP_PASSWORD}\n",
    )
    setup()
    app = authorization("InstallationToken", idToken="made-up", installationId="7")
    by_somebody(setup, "registry", app)
    shown = setup("--check", *QUIET, code=1).stdout
    assert "authorization: InstallationToken -> PersonalAccessToken" in shown

    del setup.environment["SETUP_PASSWORD"]
    before = setup.writes()
    assert "SETUP_PASSWORD isn't set" in setup(code=2).stderr
    assert setup.writes() == before
    assert stored(setup, "registry")["authorization"] == app["authorization"]

    setup(*QUIET, **SECRETS)
    assert stored(setup, "registry")["authorization"] == {
        "scheme": "PersonalAccessToken",
        "parameters": {"accessToken": SECRETS["SETUP_PASSWORD"]},
    }
    assert "nothing to change" in setup("--check", *QUIET).stdout


def test_another_type_takes_nothing_of_what_was_there(setup: Setup) -> None:
    setup()
    setup.replace(
        OF_REGISTRY,
        "      type: github\n      secrets: {token: env:SETUP_TOKEN}\n",
    )
    setup(*QUIET)
    found = stored(setup, "registry")
    assert found["authorization"]["parameters"]["accessToken"] == SECRETS["SETUP_TOKEN"]
    assert found["data"] == {}
    assert "username" not in found["authorization"]["parameters"]


def test_a_user_of_any_server_stays_until_it_is_another_server(setup: Setup) -> None:
    setup.replace(
        OF_REGISTRY,
        "      type: generic\n      url: https://westeurope.api.azureml.ms\n",
    )
    setup()
    own = authorization("UsernamePassword", username="somebody", password="made-up-word")
    by_somebody(setup, "registry", own)
    assert "nothing to change" in setup("--check", *QUIET).stdout

    setup.replace("westeurope.api", "WestEurope.api")
    assert "nothing to change" in setup("--check", *QUIET).stdout
    setup.replace("WestEurope.api", "westeurope.api")

    setup.replace("type: generic", "type: generic\n      description: Azure ML")
    assert "-> Azure ML" in setup(*QUIET).stdout
    assert stored(setup, "registry")["authorization"] == own["authorization"]

    setup.replace("westeurope.api", "northeurope.api")
    shown = setup(*QUIET).stdout
    assert "a user and a password that it has are removed: they were for the other url" in shown
    parameters = stored(setup, "registry")["authorization"]["parameters"]
    assert parameters == {"username": "", "password": ""}


def test_what_the_file_does_not_name_of_a_connection_stays(setup: Setup) -> None:
    setup()
    data = {
        **stored(setup, "ml-dev")["data"],
        "subscriptionName": "Wine (development)",
        "creationMode": "Automatic",
        "isDraft": "False",
    }
    other = {"name": "ml", "projectReference": {"id": "0" * 8, "name": "other"}}
    references = stored(setup, "ml-dev")["serviceEndpointProjectReferences"]
    shared = {"serviceEndpointProjectReferences": [*references, other]}
    by_somebody(setup, "ml-dev", {"data": data, **shared})
    assert "nothing to change" in setup("--check", *QUIET).stdout

    setup.replace("{name: ml-dev,", "{name: ml-dev, description: Everything,")
    setup(*QUIET)
    found = stored(setup, "ml-dev")
    assert (found["description"], found["data"]) == ("Everything", data)
    assert [one["name"] for one in found["serviceEndpointProjectReferences"]] == ["ml-dev", "ml"]

    setup.replace("{name: ml-dev,", "{name: ml-dev, subscription-name: Wine,")
    assert "subscription name: Wine (development) -> Wine" in setup(*QUIET).stdout
    assert stored(setup, "ml-dev")["data"] == {**data, "subscriptionName": "Wine"}


def test_an_application_with_a_secret_is_told_from_one_that_is_trusted(setup: Setup) -> None:
    setup()
    by_secret = authorization(
        "ServicePrincipal",
        tenantid=setup.environment["AZURE_TENANT_ID"],
        serviceprincipalid=setup.environment["AZURE_CLIENT_ID"],
        serviceprincipalkey="made-up-key",
    )
    by_somebody(setup, "ml-dev", by_secret)
    planned = setup("--dry-run", *QUIET).stdout
    assert "federated-credential" not in planned  # whom to trust isn't known yet
    shown = setup(*QUIET).stdout
    assert "sc://modelyard-local/local/ml-dev" in shown
    assert "authorization: ServicePrincipal -> WorkloadIdentityFederation" in shown
    assert "it signs in otherwise from now on: nobody does until the application trusts it" in shown
    found = stored(setup, "ml-dev")["authorization"]
    assert found["scheme"] == "WorkloadIdentityFederation"


def test_an_address_of_a_registry_is_the_same_with_its_slash_and_without(setup: Setup) -> None:
    setup.replace("registry: wine.azurecr.io", "registry: https://index.docker.io/v1/")
    setup()
    assert stored(setup, "registry")["url"] == "https://index.docker.io/v1/"
    assert "nothing to change" in setup("--check", *QUIET).stdout
    setup.replace("registry: https://index.docker.io/v1/", "registry: index.docker.io/v1")
    assert "nothing to change" in setup("--check", *QUIET).stdout
    setup.replace("registry: index.docker.io/v1", "registry: index.docker.io/v2")
    assert "registry: index.docker.io/v1 -> index.docker.io/v2" in setup(*QUIET).stdout


def test_a_connection_in_another_cloud_is_told(setup: Setup) -> None:
    setup()
    data = {**stored(setup, "ml-dev")["data"], "environment": "AzureUSGovernment"}
    by_somebody(setup, "ml-dev", {"data": data})
    assert "cloud: AzureUSGovernment -> AzureCloud" in setup(*QUIET).stdout
    assert stored(setup, "ml-dev")["data"]["environment"] == "AzureCloud"
