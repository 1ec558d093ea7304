from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.databricks.command_line import profiles
from modelyard.errors import FileError, InputError
from modelyard.operation import given, members


@dataclass(frozen=True, kw_only=True)
class Inputs:
    workspace_url: str | None = given("Address.", default=None)
    token: str | None = given("Token.", default=None, secret=True)
    workspace_resource_id: str | None = given("Id.", default=None)
    azure_tenant_id: str | None = given("Tenant.", default=None)
    azure_client_id: str | None = given("Client.", default=None)
    azure_client_secret: str | None = given("Secret.", default=None, secret=True)
    cluster_name: str | None = given("Name.", default=None)


CONTENT = """\
[DEFAULT]
host = https://default.example
token = dapi-default%20

[principal]
host = https://principal.example
azure_workspace_resource_id = /subscriptions/1
azure_tenant_id = tenant
azure_client_id = client
azure_client_secret = made-up
cluster_name = not ours

[empty]
host =
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "profiles"
    path.write_text(CONTENT)
    return path


def values(profile: str, file: Path) -> dict[str, str | None]:
    source = profiles.source(profile, {"DATABRICKS_CONFIG_FILE": str(file)})
    found = {member.name: source(member) for member in members(Inputs)}
    return {name: value for name, value in found.items() if value is not None}


def test_the_default_profile_is_one_like_any_other(file: Path) -> None:
    assert values("DEFAULT", file) == {
        "workspace_url": "https://default.example",
        "token": "dapi-default%20",
    }


def test_a_profile_inherits_nothing(file: Path) -> None:
    assert values("principal", file) == {
        "workspace_url": "https://principal.example",
        "workspace_resource_id": "/subscriptions/1",
        "azure_tenant_id": "tenant",
        "azure_client_id": "client",
        "azure_client_secret": "made-up",
    }


def test_an_empty_entry_is_not_set(file: Path) -> None:
    assert values("empty", file) == {}


def test_an_unknown_profile_lists_those_there_are(file: Path) -> None:
    with pytest.raises(InputError, match="no profile prod; it has DEFAULT, principal, empty"):
        values("prod", file)


def test_the_file_is_in_the_home_folder_unless_a_variable_says_otherwise(isolation: Path) -> None:
    assert profiles.path({}) == isolation / ".databrickscfg"
    assert profiles.path({"DATABRICKS_CONFIG_FILE": "/x/y"}) == Path("/x/y")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere can't be read: No such file"):
        values("DEFAULT", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    ["token = dapi-made-up\n", "[a]\ntoken dapi-made-up\n", "[a]\ntoken=dapi-made-up\ntoken=x\n"],
)
def test_a_damaged_file_is_one_clear_error_without_its_content(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "profiles"
    path.write_text(content)
    with pytest.raises(FileError, match="isn't a profile file: ") as caught:
        values("a", path)

    assert "dapi" not in "\n".join(caught.value.lines())


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "profiles"
    path.write_bytes(b"[a]\nhost=\xff\xfe")
    with pytest.raises(FileError, match="isn't UTF-8 text"):
        values("a", path)
