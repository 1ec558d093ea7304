"""What the section ``azure`` refuses, and how trusts are called."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from modelyard.errors import FileError
from modelyard.project import document, tenant
from modelyard.project.fields import Mistakes, Section
from modelyard.project.tenant import Tenant

GROUP = "/subscriptions/s/resourceGroups/ml"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/wine-vault"
LAKE = "account: winelake, container: wine"


def read(folder: Path, more: str, application: str = "wine") -> Tenant:
    """:param more: keys beside ``application``, in one line."""
    path = folder / "modelyard.yml"
    path.write_text(f"azure: {{application: {application}, {more}}}\n", encoding="utf-8")
    mistakes = Mistakes()
    found = tenant.read(Section(document.read(path), "", ("azure",), mistakes))
    mistakes.check()
    assert found is not None
    return found


def refused(folder: Path, more: str, application: str = "wine") -> str:
    with pytest.raises(FileError) as refusal:
        read(folder, more, application)
    return refusal.value.what


@pytest.mark.parametrize(
    "scope",
    [
        "/subscriptions/s",
        GROUP,
        VAULT,
        f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
        "/providers/Microsoft.Management/managementGroups/wines",
    ],
)
def test_what_a_role_can_be_for(tmp_path: Path, scope: str) -> None:
    (role,) = read(tmp_path, f"roles: [{{role: Reader, scope: {scope}/}}]").roles
    assert role.scope == scope


@pytest.mark.parametrize(
    "scope",
    [
        *("/subscriptions/...", "/subscriptions/./resourceGroups/ml"),
        *("/", "/nonsense", "here", "/subscriptions", f"{GROUP}/vaults", f"{VAULT}/secrets"),
        *(f"{GROUP}//x", "/providers/Microsoft.Management", "/subscriptions//resourceGroups/ml"),
    ],
)
def test_what_no_role_can_be_for(tmp_path: Path, scope: str) -> None:
    told = refused(tmp_path, f"roles: [{{role: Reader, scope: {scope}}}]")
    assert f"azure.roles[0].scope is {scope}, which no role can be for: write /subscr" in told
    assert "or /providers/Microsoft.Management/managementGroups/NAME" in told


@pytest.mark.parametrize(
    ("more", "key"),
    [
        (f'roles: [{{role: Reader, scope: "{GROUP}\\nresource x"}}]', "roles[0].scope"),
        (f'roles: [{{role: "Read\\ter", scope: {GROUP}}}]', "roles[0].role"),
        (f'folders: [{{{LAKE}, path: "raw\\nresource x"}}]', "folders[0].path"),
        (f'folders: [{{{LAKE}, path: "raw\\x7f"}}]', "folders[0].path"),
    ],
)
def test_what_would_break_out_of_its_line_is_refused(tmp_path: Path, more: str, key: str) -> None:
    told = refused(tmp_path, more)
    assert f"azure.{key}" in told
    assert "with a line break or another control character" in told


def test_a_name_of_two_lines_is_refused(tmp_path: Path) -> None:
    text = '"\\nresource x"'
    assert "azure.application is '\\nresource x', with a line" in refused(tmp_path, "", text)


def test_one_thing_twice_would_change_in_each_run(tmp_path: Path) -> None:
    role = f"role: Reader, scope: {GROUP}"
    again = f"role: reader, scope: {GROUP.replace('resourceGroups', 'resourcegroups').upper()}/"
    told = refused(tmp_path, f"roles: [{{{role}}}, {{{again}}}]")
    assert f"azure.roles[1] is reader on {GROUP.lower()}, as azure.roles[0] is" in told
    read(tmp_path, f"roles: [{{{role}}}, {{role: Reader, scope: {VAULT}}}]")

    folders = f"folders: [{{{LAKE}, path: raw, rights: r-x}}, {{{LAKE}, path: /raw/}}]"
    told = refused(tmp_path, folders)
    assert "azure.folders[1] is winelake/wine/raw, as azure.folders[0] is" in told
    read(tmp_path, f"folders: [{{{LAKE}, path: raw}}, {{{LAKE}, path: Raw}}]")


def test_what_lacks_a_part_is_not_told_twice(tmp_path: Path) -> None:
    told = refused(tmp_path, "roles: [{role: Reader}, {role: Reader}]")
    assert "azure.roles[1].scope is missing" in told
    assert "as azure.roles[0] is" not in told
    told = refused(tmp_path, "folders: [{account: winelake}, {account: winelake}]")
    assert "as azure.folders[0] is" not in told


def test_trusts_of_places_that_look_alike_have_names_of_their_own() -> None:
    places = [
        *(("a/b-c environment:", "x"), ("a-b/c environment:", "x")),
        *(("a/b environment:", "c-environment-d"), ("a/b-environment-c environment:", "d")),
        *(("a/b all", "jobs"), ("a/b environment:", "all-jobs"), ("a/b-environment all", "jobs")),
        *(("a/b ref:refs/heads/", "x"), ("a/b-ref-refs-heads all", "jobs")),
        *(("a/b.c environment:", "x"), ("a/b_c environment:", "x")),
        *(("a/b ref:refs/heads/", "release/1"), ("a/b ref:refs/heads/", "release-1")),
        *(("a", "b-c"), ("a-b", "c"), ("a b", "c"), ("a", "b c"), ("a", "b-environment-x")),
        ("a/b environment:", "x"),
    ]
    names = [tenant.federation_name(*one) for one in places]

    assert len(set(names)) == len(places), sorted(names)
    assert names[0] == "a-b-c-environment-x"


@pytest.mark.parametrize(
    ("where", "what", "name"),
    [
        ("wine", "ml-dev", "wine-ml-dev"),
        ("contoso/wine environment:", "production", "contoso-wine-environment-production"),
        ("contoso/wine ref:refs/heads/", "main", "contoso-wine-ref-refs-heads-main"),
        ("contoso/wine all", "jobs", "contoso-wine-all-jobs"),
        ("contoso/wine-quality environment:", "p", "contoso-wine-quality-environment-p"),
        ("wine", "environments", "wine-environments"),
    ],
)
def test_a_trust_of_an_ordinary_place_has_a_plain_name(where: str, what: str, name: str) -> None:
    assert tenant.federation_name(where, what) == name


def test_thousands_of_trusts_that_look_alike_have_names_of_their_own() -> None:
    whats = ["x".join(signs) for signs in itertools.product("-._", repeat=7)]
    names = {tenant.federation_name("a/b environment:", what) for what in whats}
    assert len(names) == len(whats) == 2187
