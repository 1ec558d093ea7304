"""Variable groups, also those that are linked to a key vault.

The package loses ``providerData``, which says which vault: groups are read, and linked ones
written, by ``http.py``.

Source: Azure DevOps REST reference, "Variablegroups", API version 7.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from modelyard.errors import InputError
from modelyard.project import kept_secrets
from modelyard.project.devops import service_connections, variables
from modelyard.project.devops.organization import Organization
from modelyard.project.devops.permissions import Users, read_users
from modelyard.project.fields import Section
from modelyard.project.plan import Change, change
from modelyard.project.secret_values import SecretReference

KIND = "variable group"
KEYS = (
    *("name", "description", "variables", "secrets", "vault", "service-connection"),
    *("vault-secrets", "pipelines", "all-pipelines"),
)
PLAIN, LINKED = "Vsts", "AzureKeyVault"
NEEDS = "the role Creator or Administrator: Pipelines, Library, Security"
_PATH = "/_apis/distributedtask/variablegroups"
Json = dict[str, Any]


@dataclass(frozen=True)
class VariableGroup:
    """One, as the file has it."""

    name: str
    description: str | None
    """None: as it is there."""
    variables: dict[str, str]
    secrets: dict[str, SecretReference]
    vault: str
    service_connection: str
    vault_secrets: tuple[str, ...]
    users: Users


def read(section: Section, pipelines: Collection[str]) -> VariableGroup:
    """One of the list.

    :param pipelines: the names of the file's pipelines.
    """
    vault = section.text("vault")
    plain, secrets = variables.read(section)
    found = VariableGroup(
        name=section.text("name", required=True),
        description=section.text_if_given("description"),
        variables=plain,
        secrets=secrets,
        vault=vault,
        service_connection=section.text("service-connection", required=bool(vault)),
        vault_secrets=section.texts("vault-secrets", once=True),
        users=read_users(section, pipelines),
    )
    if vault:
        for key in ("variables", "secrets"):
            if section.has(key):
                section.wrong(key, "can't be in a group that is linked to a vault")
        if not section.items("vault-secrets"):
            section.wrong("vault-secrets", "is missing: the secrets of the vault that it has")
    else:
        for key in ("service-connection", "vault-secrets"):
            if section.has(key):
                section.wrong(key, "is of a group that is linked to a vault, and vault is missing")
        if not section.has("variables") and not section.has("secrets"):
            section.wrong("variables", "is missing, and so are secrets and vault")
    return found


def changes(wanted: list[VariableGroup], organization: Organization) -> Iterator[Change]:
    """What becomes of each."""
    there = {str(one["name"]).lower(): one for one in organization.get(_PATH)["value"]}
    for one in there.values():
        organization.remember(KIND, str(one["name"]), one["id"])
    renew = organization.surroundings.renew_secrets
    for asked in wanted:
        found = there.get(asked.name.lower())
        group = laid_over(asked, found)
        known = _there(found)
        needed = kept_secrets.needed(group.secrets, known, renew=renew)
        yield change(
            KIND,
            group.name,
            {**_fields(group), **kept_secrets.shown(group.secrets, known, renew=renew)},
            _found_fields(group, found, organization) if found else None,
            _apply(group, found, needed, organization),
            kept_secrets.note(group.secrets, known, renew=renew),
            needed.values(),
        )


def laid_over(group: VariableGroup, found: Json | None) -> VariableGroup:
    """The group as it shall be: what the file leaves open as it is there, names as they are spelt
    there. Azure Pipelines ignores their case, and nothing is removed.

    :raises InputError: for a group of the other type: its variables would be lost.
    """
    before = (found or {}).get("variables") or {}
    is_linked = (found or {}).get("type") == LINKED
    if found and before and is_linked != bool(group.vault):
        kind = "is linked to a key vault" if is_linked else "isn't linked to a key vault"
        raise InputError(
            f"the variable group {group.name} {kind}, and has {', '.join(sorted(before))}",
            fix="give the group of the file another name, or delete this one first",
        )
    names = variables.as_spelt(dict.fromkeys(group.vault_secrets), before)
    return replace(
        group,
        description=(found or {}).get("description") or ""
        if group.description is None
        else group.description,
        variables=variables.as_spelt(group.variables, before),
        secrets=variables.as_spelt(group.secrets, before),
        vault_secrets=tuple(dict.fromkeys([*before, *names])) if group.vault else (),
    )


def _fields(group: VariableGroup) -> Json:
    fields: Json = {"description": group.description}
    if group.vault:
        return fields | {
            "vault": group.vault,
            "service connection": group.service_connection,
            "secrets": tuple(sorted(group.vault_secrets)),
        }
    return fields | {f"variable {name}": value for name, value in group.variables.items()}


def _found_fields(group: VariableGroup, found: Json, organization: Organization) -> Json:
    fields: Json = {"description": found.get("description") or ""}
    there = found.get("variables") or {}
    if found.get("type") == LINKED:
        data = found.get("providerData") or {}
        known = organization.knows(service_connections.KIND, group.service_connection)
        key = data.get("serviceEndpointId")
        return fields | {
            "vault": data.get("vault"),
            "service connection": group.service_connection if key == known else key,
            "secrets": tuple(sorted(there)),
        }
    for name, one in there.items():
        if one.get("isSecret"):
            fields[f"secret {name}"] = kept_secrets.SET
            fields[f"variable {name}"] = "(a secret)"
        else:
            fields[f"variable {name}"] = one.get("value") or ""
    return fields


def _there(found: Json | None) -> set[str]:
    """Names of the secrets that a group has."""
    there = (found or {}).get("variables") or {}
    return {name for name, one in there.items() if one.get("isSecret")}


def _apply(
    group: VariableGroup,
    found: Json | None,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> Callable[[], None]:
    def apply() -> None:
        if group.vault:
            made = _link(group, found, organization)
        else:
            made = _write(group, found, needed, organization)
        organization.remember(KIND, group.name, made)

    return apply


def _projects(group: VariableGroup, found: Json | None, organization: Organization) -> list[Json]:
    """This project first, and the others that the group is shared with."""
    own = organization.reference()
    there = (found or {}).get("variableGroupProjectReferences") or ()
    return [
        {"name": group.name, "description": group.description, "projectReference": own},
        *(one for one in there if one["projectReference"].get("id") != own["id"]),
    ]


def _link(group: VariableGroup, found: Json | None, organization: Organization) -> str:
    key = organization.knows(KIND, group.name)
    body: Json = {
        "name": group.name,
        "description": group.description,
        "type": LINKED,
        "providerData": {
            "serviceEndpointId": organization.id_of(
                service_connections.KIND, group.service_connection
            ),
            "vault": group.vault,
        },
        "variables": {name: {"isSecret": True, "enabled": True} for name in group.vault_secrets},
        "variableGroupProjectReferences": _projects(group, found, organization),
    }
    method, path = ("PUT", f"{_PATH}/{key}") if key else ("POST", _PATH)
    return str(organization.send(method, path, body, needs=NEEDS, of_all=True)["id"])


def _write(
    group: VariableGroup,
    found: Json | None,
    needed: Mapping[str, SecretReference],
    organization: Organization,
) -> str:
    from azure.devops.v7_1.task_agent import models

    before = (found or {}).get("variables") or {}
    values: Json = {}

    def put(name: str, value: str | None, *, secret: bool) -> None:
        locked = (before.get(name) or {}).get("isReadOnly")
        values[name] = models.VariableValue(value=value, is_secret=secret, is_read_only=locked)

    # Variables that the file doesn't name are left; a secret without a value keeps its own.
    for name, one in before.items():
        put(name, one.get("value"), secret=bool(one.get("isSecret")))
    for name, value in group.variables.items():
        put(name, value, secret=False)
    for name, reference in group.secrets.items():
        text = organization.surroundings.secrets.value(reference) if name in needed else None
        put(name, text, secret=True)
    wanted = models.VariableGroupParameters(
        name=group.name,
        description=group.description,
        type=PLAIN,
        variables=values,
        variable_group_project_references=[
            models.VariableGroupProjectReference(
                name=one["name"],
                description=one.get("description"),
                project_reference=models.ProjectReference(
                    id=one["projectReference"].get("id"), name=one["projectReference"].get("name")
                ),
            )
            for one in _projects(group, found, organization)
        ],
    )
    key = organization.knows(KIND, group.name)
    call = ("update_variable_group", wanted, int(key)) if key else ("add_variable_group", wanted)
    what = f"writing the variable group {group.name}"
    return str(organization.write(what, "task_agent", *call, needs=NEEDS).id)
