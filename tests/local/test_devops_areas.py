"""Which host has what of the local Azure DevOps, as the unmodified package finds it."""

from __future__ import annotations

import subprocess
import sys

import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.tokens import OWNER

CLOUD_SERVICES = ("entra", "devops")
HOME = f"https://dev.azure.com/{ORGANIZATION}"
CLIENT = """
import sys
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from msrest.authentication import BasicAuthentication

home, token, owner = sys.argv[1:]
connection = Connection(home, BasicAuthentication("", token))
clients = connection.clients_v7_1


def told(error, call, *arguments):
    try:
        call(*arguments)
    except error as caught:
        return str(caught)


people = clients.get_identity_client()
assert people.config.base_url == home.replace("//dev.", "//vssps.dev.")
(found,) = people.read_identities(search_filter="General", filter_value=owner)
assert found.provider_display_name == owner
extensions = clients.get_extension_management_client()
assert extensions.config.base_url == home.replace("//dev.", "//extmgmt.dev.")
missing = told(AzureDevOpsServiceError, extensions.get_installed_extension_by_name, "a", "b")
assert missing == "The extension a.b is not installed on this account."
assert [one.name for one in clients.get_core_client().get_projects()] == ["local"]

for client, call, arguments, host in (
    ("release", "get_release_definitions", ("local",), "vsrm.dev.azure.com"),
    ("feed", "get_feeds", (), "feeds.dev.azure.com"),
    ("gallery", "get_extension", ("a", "b"), "marketplace.visualstudio.com"),
):
    asked = getattr(getattr(clients, f"get_{client}_client")(), call)
    said = told(AzureDevOpsServiceError, asked, *arguments)
    assert said == f"The local Azure DevOps has nothing of {host}.", said
for client, call, arguments, place in (
    ("wiki", "get_all_wikis", ("local",), home),
    ("graph", "list_users", (), home.replace("//dev.", "//vssps.dev.")),
    ("profile", "get_profile", ("me",), "https://app.vssps.visualstudio.com"),
):
    asked = getattr(getattr(clients, f"get_{client}_client")(), call)
    assert told(ValueError, asked, *arguments).endswith(f"is not registered on {place}.")
"""


def test_clients_of_other_areas_are_told_where_they_are(
    cloud: LocalCloud, cloud_environment: dict[str, str]
) -> None:
    token = cloud.services["devops"].organization.personal_token()  # type: ignore[attr-defined]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, HOME, token, OWNER],
        env=cloud_environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_anybody_may_ask_for_one_area(cloud: LocalCloud, inside_cloud: dict[str, str]) -> None:
    def ask(area: str) -> requests.Response:
        return requests.get(f"{HOME}/_apis/ResourceAreas/{area}", timeout=30)

    release = "EFC2F575-36EF-48E9-B672-0C6FB4A48AC5"
    assert ask(release).json()["locationUrl"] == f"https://vsrm.dev.azure.com/{ORGANIZATION}"
    assert ask("0" * 8).status_code == 404
