from __future__ import annotations

from dataclasses import replace

import pytest

from modelyard.project import folders, printing, tenant
from modelyard.project.folders import Folder
from modelyard.project.plan import CREATE, KEEP, UPDATE, Change, Difference, Link, Plan, change
from modelyard.project.roles import Role
from modelyard.project.tenant import Federation, Tenant

WANTED = {"time-out": 60, "approvers": ("a", "b"), "open": False}


def nothing() -> None:
    return None


def test_a_new_thing_shows_what_it_gets() -> None:
    made = change("environment", "production", WANTED, None, nothing)

    assert made.action == CREATE
    assert list(printing.change_lines(made)) == [
        "  + environment production",
        "      time-out: 60",
        "      approvers: a, b",
        "      open: false",
    ]


def test_what_differs_is_shown_as_it_was_and_will_be() -> None:
    made = change("environment", "production", WANTED, {**WANTED, "time-out": 30}, nothing)

    assert made.action == UPDATE
    assert made.differences == (Difference("time-out", "30", "60"),)
    assert list(printing.change_lines(made))[1:] == ["      time-out: 30 -> 60"]


def test_what_is_as_it_should_be_is_kept_whatever_else_it_has() -> None:
    made = change("environment", "production", WANTED, {**WANTED, "color": "red"}, nothing)

    assert (made.action, made.apply, made.differences) == (KEEP, None, ())


def test_a_field_that_isnt_there_counts_as_empty() -> None:
    made = change("group", "g", {"description": "text"}, {}, nothing)

    assert list(printing.change_lines(made))[1:] == ["      description: (nothing) -> text"]


@pytest.mark.parametrize("wraps", ["line one\nline two", "x" * 500])
def test_a_long_value_stays_in_its_line(wraps: str) -> None:
    (line,) = list(printing.change_lines(change("group", "g", {"d": wraps}, {"d": ""}, nothing)))[
        1:
    ]

    assert len(line) < 130


def test_totals() -> None:
    def plan(*actions: str, warnings: tuple[str, ...] = ()) -> Plan:
        return Plan("t", tuple(Change(one, "k", "n") for one in actions), tuple, warnings)

    assert printing.totals(plan(CREATE, CREATE, UPDATE, KEEP)) == (
        "2 to create, 1 to update, 1 as they should be"
    )
    assert printing.totals(plan(KEEP, KEEP)) == (
        "nothing to change: all 2 are as the file has them"
    )
    assert printing.totals(plan(KEEP, warnings=("w",))) == (
        "nothing to change: 1 is as the file has it"
    )
    assert printing.totals(plan()) == "nothing to change: the file names nothing here"
    assert not plan(KEEP).writes


def test_links_stand_in_a_column() -> None:
    lines = list(printing.link_lines([Link("a", "https://x"), Link("long", "https://y")]))

    assert lines == ["  a     https://x", "  long  https://y"]


GROUP = "/subscriptions/s/resourceGroups/ml"
TENANT = Tenant("", "", "model yard's", "", (Role("Contributor", GROUP),))
TRUST = Federation("ml-dev", "https://issuer", "sc://org/project/ml-dev", "api://audience")


def test_what_somebody_else_has_to_do_is_printed_for_a_shell() -> None:
    lines = list(tenant.by_hand(TENANT, [TRUST]))

    assert """  az ad app create --display-name 'model yard'"'"'s'""" in lines
    assert "  az ad sp create --id APPLICATION-ID" in lines
    (trust,) = [line for line in lines if "federated-credential" in line]
    assert '"subject": "sc://org/project/ml-dev"' in trust
    assert '"audiences": ["api://audience"]' in trust
    whose = "--assignee-object-id OBJECT-ID --assignee-principal-type ServicePrincipal"
    assert f"  az role assignment create {whose} --role Contributor --scope {GROUP}" in lines
    shown = lines.index("  az ad sp show --id APPLICATION-ID --query id --output tsv")
    assert lines[shown + 1] == "  # OBJECT-ID: what this one prints"


def test_a_connection_with_an_application_of_its_own_is_trusted_by_that_one() -> None:
    own = replace(TRUST, client_id="2222")
    for known in (None, Tenant("", "", "modelyard", "1111", ())):
        lines = list(tenant.by_hand(known, [own]))
        assert any("federated-credential create --id 2222" in line for line in lines)
        assert not any("APPLICATION-ID" in line for line in lines)
    assert list(tenant.by_hand(None, [])) == []


def test_an_application_that_is_there_isnt_made_again() -> None:
    known = Tenant("", "", "modelyard", "1111", ())
    lines = list(tenant.by_hand(known, [TRUST]))

    assert not any("app create" in line for line in lines)
    assert any("federated-credential create --id 1111" in line for line in lines)


def test_rights_on_folders_are_commands() -> None:
    folder = Folder("winelake", "wine", "raw", "r-x")
    known = Tenant("", "", "modelyard", "1111", (), (folder,))
    lines = list(tenant.by_hand(known, []))
    assert lines[2] == "  az ad sp show --id 1111 --query id --output tsv"
    assert lines[3] == "  # OBJECT-ID: what this one prints"
    commands = list(folders.by_hand([folder], "OBJECT-ID"))
    assert lines[4:] == [f"  {line}" for line in commands]


def test_where_nobody_has_to_do_anything_nothing_is_said_of_it() -> None:
    nothing = Tenant("", "", "wine", "app", ())
    assert list(tenant.by_hand(nothing, [])) == list(tenant.by_hand(None, [])) == []
