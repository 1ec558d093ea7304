"""What a variable group of the file becomes beside one that is there."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.errors import InputError
from modelyard.project.devops.permissions import Users
from modelyard.project.devops.variable_groups import VariableGroup, laid_over
from modelyard.project.secret_values import variable

PLAIN = {
    "type": "Vsts",
    "description": "written by hand",
    "variables": {"db_host": {"value": "old"}, "token": {"isSecret": True}},
}
LINKED = {"type": "AzureKeyVault", "variables": {"Alpha": {}, "beta": {}}}


def group(**changes: Any) -> VariableGroup:
    given: dict[str, Any] = {
        "name": "wine",
        "description": None,
        "variables": {},
        "secrets": {},
        "vault": "",
        "service_connection": "",
        "vault_secrets": (),
        "users": Users((), False),
    }
    return VariableGroup(**{**given, **changes})


def test_names_are_those_that_are_there_whatever_their_case() -> None:
    asked = group(variables={"DB_HOST": "new"}, secrets={"TOKEN": variable("T")})
    found = laid_over(asked, PLAIN)
    assert found.variables == {"db_host": "new"}
    assert list(found.secrets) == ["token"]


def test_a_description_that_the_file_leaves_open_stays() -> None:
    assert laid_over(group(), PLAIN).description == "written by hand"
    assert laid_over(group(description=""), PLAIN).description == ""
    assert laid_over(group(), None).description == ""


def test_no_secret_of_a_linked_group_is_removed() -> None:
    asked = group(vault="wine-vault", vault_secrets=("alpha", "gamma"))
    assert laid_over(asked, LINKED).vault_secrets == ("Alpha", "beta", "gamma")


@pytest.mark.parametrize(
    ("asked", "found", "told"),
    [
        (group(vault="v"), PLAIN, "isn't linked to a key vault, and has db_host, token"),
        (group(), LINKED, "is linked to a key vault, and has Alpha, beta"),
    ],
)
def test_a_group_of_the_other_type_is_refused(
    asked: VariableGroup, found: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        laid_over(asked, found)
