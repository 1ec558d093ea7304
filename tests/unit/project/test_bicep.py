"""The Bicep file: what stands in it, and for which resource group. No compiler reads it here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelyard.project import bicep, folders
from modelyard.project.folders import Folder
from modelyard.project.roles import Role
from modelyard.project.tenant import Federation, Tenant

GROUP = "/subscriptions/s/resourceGroups/ml"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/wine-vault"
TRUST = Federation("ml-dev", "https://issuer", "sc://org/project/ml-dev", "api://audience")


def written(
    *roles: Role,
    application: str = "wine",
    lake: tuple[Folder, ...] = (),
    trusts: tuple[Federation, ...] = (),
) -> str:
    return bicep.text(Tenant("", "sub-of-file", application, "", roles, lake), trusts)


def role(scope: str, name: str = "Contributor") -> Role:
    return Role(name, scope)


def test_it_has_the_identity_its_trust_and_its_roles() -> None:
    roles = (role(GROUP), role(VAULT, "Key Vault Secrets User"))
    trust = replace(TRUST, name="it's ${x}")
    text = written(*roles, trusts=(trust, TRUST))

    assert "'it\\'s \\${x}'" in text
    assert "subject: 'sc://org/project/ml-dev'" in text
    assert "dependsOn: [trust0]" in text
    assert "resource scope1 'Microsoft.KeyVault/vaults@2023-07-01' existing = {" in text
    assert "  name: 'wine-vault'" in text
    assert text.count("Microsoft.Authorization/roleAssignments@2022-04-01") == 2
    assert ("  scope: resourceGroup()\n" in text, "  scope: scope1\n" in text) == (True, True)
    assert text.count("{") == text.count("}")
    assert "not in this file" not in text


@pytest.mark.parametrize(
    ("application", "name"),
    [("Wine training (dev)", "Wine-training-dev"), ("w", "modelyard"), ("", "modelyard")],
)
def test_an_identity_has_what_it_can_of_the_applications_name(application: str, name: str) -> None:
    assert f"  name: '{name}'\n" in written(application=application)


def test_names_of_roles_have_no_case() -> None:
    assert "not in this file" not in written(role(GROUP, "contributor"))
    assert bicep.ROLES["Contributor"] in written(role(GROUP, "contributor"))


def test_it_names_its_group_and_fails_in_any_other() -> None:
    text = written(role(GROUP.replace("ml", "ML")))

    command = "az deployment group create --subscription s --resource-group ML"
    assert text.splitlines()[0] == f"// {command} --template-file THIS-FILE"
    assert (
        "var isMeant = toLower(resourceGroup().id) == '/subscriptions/s/resourcegroups/ml'" in text
    )
    alone = "this file is for /subscriptions/s/resourceGroups/ML alone"
    # All else needs the identity, so nothing is made without it.
    assert f"  name: isMeant ? 'wine' : fail('{alone}')\n" in text


@pytest.mark.parametrize(
    "elsewhere",
    [
        role(GROUP.replace("ml", "other")),
        role(VAULT.replace("/ml/", "/other/")),
        role(VAULT.replace("/s/", "/other/")),
        role("/subscriptions/s"),
        role("/providers/Microsoft.Management/managementGroups/wines"),
        role(f"{VAULT}/secrets/one"),
        role(VAULT.replace("Microsoft.KeyVault/vaults", "Microsoft.Web/sites")),
        role(GROUP, "A role of our own"),
    ],
)
def test_a_right_that_it_cant_give_is_a_command(elsewhere: Role) -> None:
    """A resource of a Bicep file is in the group that is deployed into, whatever its scope says."""
    text = written(role(VAULT), elsewhere, role(GROUP.upper()))

    assert "--subscription s --resource-group ml " in text
    assert text.count("Microsoft.Authorization/roleAssignments@") == 2
    quoted = f"'{elsewhere.name}'" if " " in elsewhere.name else elsewhere.name
    whose = "--assignee-object-id OBJECT-ID --assignee-principal-type ServicePrincipal"
    command = f"// az role assignment create {whose} --role {quoted} --scope"
    assert f"{command} {elsewhere.scope}\n" in text
    assert f"guid('{elsewhere.scope}'" not in text
    assert "// not in this file, with the output principalId in place of OBJECT-ID:" in text


def test_the_group_is_that_of_the_first_role_that_it_can_give() -> None:
    text = written(role("/subscriptions/s"), role(GROUP.replace("ml", "other")), role(GROUP))

    assert "--resource-group other " in text
    assert f"--scope {GROUP}\n" in text


def test_without_a_role_that_it_can_give_it_is_for_any_group() -> None:
    text = written(role("/subscriptions/s", "Reader"))

    command = "az deployment group create --subscription sub-of-file --resource-group GROUP"
    assert text.splitlines()[0] == f"// {command} --template-file THIS-FILE"
    assert "fail(" not in text
    assert "  name: 'wine'\n" in text


def test_rights_on_folders_are_commands() -> None:
    folder = Folder("winelake", "wine", "raw", "r-x")
    text = written(lake=(folder,)).splitlines()

    at = text.index("// not in this file, with the output principalId in place of OBJECT-ID:")
    commands = list(folders.by_hand([folder], "OBJECT-ID"))
    assert text[at + 1 : at + 4] == [f"// {line}" for line in commands]
    assert "output principalId string = identity.properties.principalId" in text


@pytest.mark.parametrize("end", ["\n", "\r", "\u2028", "\x85"])
def test_nothing_leaves_its_line(end: str) -> None:
    """Names come from services too, which may allow what the file doesn't."""
    bad = f"{end}resource x '"
    trust = Federation(bad, bad, bad, bad)
    lake = (Folder("winelake", "wine", bad, "r-x"),)
    text = written(role(f"/subscriptions/{bad}"), application=bad, lake=lake, trusts=(trust,))

    assert not [line for line in text.splitlines() if line.startswith("resource x")]
    assert "'?resource x \\''" in text
