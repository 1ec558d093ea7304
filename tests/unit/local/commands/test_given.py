"""Where secret variables of a run come from."""

from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.local.commands.given import secrets


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("PLAIN", {"PLAIN": "one"}),
        ("databricks-token", {"databricks-token": "two"}),
        ("Databricks.Token", {"Databricks.Token": "two"}),
        ("a.b", {"a.b": "three"}),
        ("databricks-token=PLAIN", {"databricks-token": "one"}),
        ("databricks-token=EMPTY", {"databricks-token": ""}),
    ],
)
def test_a_secret_is_taken_from_the_environment(given: str, found: dict[str, str]) -> None:
    environment = {
        "PLAIN": "one",
        "DATABRICKS_TOKEN": "two",
        "a.b": "three",
        "A_B": "",
        "EMPTY": "",
    }
    assert secrets([given], environment) == found


def test_they_are_taken_out_of_the_environment() -> None:
    environment = {"PATH": "p", "PW": "1", "A_B": "2"}

    found = secrets(["PW", "a.b", "A.B", "x=PW"], environment)
    assert found == {"PW": "1", "a.b": "2", "A.B": "2", "x": "1"}
    assert environment == {"PATH": "p"}


def test_what_is_missing_is_told_with_what_a_shell_can_set() -> None:
    with pytest.raises(InputError) as caught:
        secrets(["databricks-token"], {})

    assert str(caught.value).endswith(
        "no environment variable databricks-token nor DATABRICKS_TOKEN"
    )
    assert "set DATABRICKS_TOKEN " in caught.value.fix
    assert "--secret databricks-token=VARIABLE" in caught.value.fix


@pytest.mark.parametrize("given", ["token=a-value-typed-here", "=PLAIN", "token="])
def test_a_value_in_place_of_a_name_is_not_repeated(given: str) -> None:
    with pytest.raises(InputError) as caught:
        secrets([given], {"PLAIN": "one"})

    assert "a-value" not in "".join(caught.value.lines())
    assert "its name, not its value" in caught.value.fix
