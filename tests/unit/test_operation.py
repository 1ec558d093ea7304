from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from modelyard.context import Context
from modelyard.operation import Operation, Structure, given, members, result


@dataclass(frozen=True, kw_only=True)
class Shared:
    workspace_url: str | None = given("An address.", default=None, environment=("HOST",))


@dataclass(frozen=True, kw_only=True)
class Inputs(Shared):
    name: str = given("A name.", label="The name")
    count: int = given("How many.", default=3)
    paths: tuple[str, ...] = given("Paths.", default=("a", "b"))
    settings: Structure | None = given("Settings.", default=None)
    dry_run: bool = given("Whether.", default=False)


@dataclass(frozen=True)
class Outputs:
    run_id: str | None = result("Set after the submit.")
    token: str | None = result("Set always.", secret=True)


def run(inputs: Inputs, context: Context) -> Outputs:
    return Outputs()


OPERATION = Operation(
    name="job-run-now",
    title="Run a job",
    description="It runs a job.",
    group="Databricks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)


def test_members_are_in_the_order_of_declaration_shared_ones_first() -> None:
    assert [member.name for member in OPERATION.input_members] == [
        "workspace_url", "name", "count", "paths", "settings", "dry_run",
    ]  # fmt: skip
    assert [member.name for member in OPERATION.output_members] == ["run_id", "token"]


def test_a_member_has_a_name_for_each_place() -> None:
    url, name, *_ = OPERATION.input_members

    assert (url.kebab, url.camel, url.label) == ("workspace-url", "workspaceUrl", "Workspace URL")
    assert name.label == "The name"
    assert OPERATION.task_name == "ModelyardJobRunNow"


def test_what_has_no_default_is_required() -> None:
    required = [member.name for member in OPERATION.input_members if member.required]

    assert required == ["name"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("workspace_url", str), ("name", str), ("count", int), ("paths", tuple[str, ...]),
        ("settings", Structure), ("dry_run", bool),
    ],
)  # fmt: skip
def test_types_are_without_none(name: str, kind: Any) -> None:
    (member,) = (one for one in OPERATION.input_members if one.name == name)

    assert member.type == kind


def test_defaults_as_a_user_writes_them() -> None:
    shown = {member.name: member.default_text for member in OPERATION.input_members}

    assert shown == {
        "workspace_url": "",
        "name": "",
        "count": "3",
        "paths": "a\nb",
        "settings": "",
        "dry_run": "false",
    }


def test_outputs_know_their_secrets() -> None:
    assert [member.spec.secret for member in OPERATION.output_members] == [False, True]


def test_a_field_that_declares_nothing_is_named() -> None:
    @dataclass
    class Wrong:
        name: str = "x"

    with pytest.raises(TypeError, match="name isn't declared with given"):
        members(Wrong)
