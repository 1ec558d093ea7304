"""What needs rights in Azure itself: an application that CI signs in as, whom it trusts, its roles.

A project's administrator often may not do this, so it is printed as commands for somebody who may.

Source: learn.microsoft.com, "Configure an app to trust an external identity provider" (az).
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from modelyard.project import folders, roles, shapes
from modelyard.project.fields import Section
from modelyard.project.folders import Folder
from modelyard.project.roles import Role

KEYS = ("tenant-id", "subscription-id", "application", "client-id", "roles", "folders")
TO_FILL_IN = "APPLICATION-ID"
"""Stands for the client id where there is none yet."""
PRINCIPAL = "OBJECT-ID"
"""Stands for the object id of the service principal, which the file doesn't know."""
LONGEST = 120
"""Characters of the name of a federated credential."""
_WORDS = "[A-Za-z0-9]+(-[A-Za-z0-9]+)*"
_PLAIN = re.compile(_WORDS)
_PLACE = re.compile(rf"[A-Za-z0-9]+(?P<repository>/{_WORDS} \S+)?")
"""A project, or an account's repository and a kind of job in it."""
_KIND = re.compile(r"(?<=-)(ref-refs-heads|environment|all-jobs)(?![^-])", re.IGNORECASE)
"""The kinds as names show them."""


Given = TypeVar("Given", Role, Folder)


@dataclass(frozen=True)
class Federation:
    """Whom the application trusts: whoever shows a token of this issuer about this subject."""

    name: str
    """Unique in the application."""
    issuer: str
    subject: str
    audience: str
    """That the token is for: each Azure cloud has its own."""
    client_id: str = ""
    """Of the application that trusts, where it is known apart from the section ``azure``."""


@dataclass(frozen=True)
class Tenant:
    """The section ``azure`` of the file."""

    tenant_id: str
    subscription_id: str
    application: str
    """Display name of the application; empty where nobody is to make one."""
    client_id: str
    """Of the application, where it is known."""
    roles: tuple[Role, ...]
    folders: tuple[Folder, ...] = ()


def read(root: Section) -> Tenant | None:
    """The section ``azure``, if there is one. Mistakes are added to the root's."""
    section = root.section("azure", KEYS)
    if section is None:
        return None
    ids = {key: shapes.guid(section, key) for key in ("tenant-id", "subscription-id", "client-id")}
    application = section.line("application")
    given_roles = _each_once(section.sections("roles", roles.KEYS), roles.read)
    given_folders = _each_once(section.sections("folders", folders.KEYS), folders.read)
    for key in ("roles", "folders"):
        if section.has(key) and not application:
            section.wrong(key, f"needs azure.application: whose {key} these are")
    return Tenant(
        ids["tenant-id"],
        ids["subscription-id"],
        application,
        ids["client-id"],
        given_roles,
        given_folders,
    )


def _each_once(given: Sequence[Section], read_one: Callable[[Section], Given]) -> tuple[Given, ...]:
    """What a list holds. Two that are for the same thing would overwrite each other in each run."""
    found = []
    paths: dict[str, str] = {}
    for section in given:
        found.append(one := read_one(section))
        before = paths.setdefault(one.known_as, section.path)
        if one.known_as and before != section.path:
            section.mistakes.add(section.value, f"{section.path} is {one.known_as}, as {before} is")
    return tuple(found)


def federation_document(one: Federation) -> str:
    """The JSON that ``az ad app federated-credential create --parameters`` takes."""
    return json.dumps(
        {
            "name": one.name,
            "issuer": one.issuer,
            "subject": one.subject,
            "audiences": [one.audience],
        }
    )


def federation_name(where: str, what: str) -> str:
    """A name that a federated credential may have: letters, digits, dashes; 3 to 120 of them.

    :param where: the project, or the repository and what kind of its jobs (``environment:``).
    :param what: what is trusted there. Two of them never get one name: where a name can't be read
        back, because a dash may stand for something else in it, a part of a hash makes it another.
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", f"{where} {what}").strip("-")
    if _reads_back(where, plain) and _PLAIN.fullmatch(what) and len(plain) <= LONGEST:
        return plain
    digest = hashlib.sha256(f"{where}\n{what}".encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9].rstrip('-') or 'modelyard'}-{digest}"


def _reads_back(where: str, plain: str) -> bool:
    """Whether a name shows where its parts end. A project or account without a dash is its first
    word; a repository's name ends where the kind of job stands, if that stands there once."""
    place = _PLACE.fullmatch(where)
    kinds = 1 if place and place["repository"] else 0
    return place is not None and len(_KIND.findall(plain)) == kinds


def application_commands(tenant: Tenant) -> Iterator[tuple[str, ...]]:
    """Commands that make the application and its service principal."""
    yield ("az", "ad", "app", "create", "--display-name", tenant.application)
    yield ("az", "ad", "sp", "create", "--id", tenant.client_id or TO_FILL_IN)


def principal_command(client_id: str) -> tuple[str, ...]:
    """The command that prints the object id of the application's service principal."""
    return ("az", "ad", "sp", "show", "--id", client_id, "--query", "id", "--output", "tsv")


def federation_command(one: Federation, client_id: str) -> tuple[str, ...]:
    """The command that makes the application trust somebody."""
    return (
        *("az", "ad", "app", "federated-credential", "create"),
        *("--id", client_id, "--parameters", federation_document(one)),
    )


def by_hand(tenant: Tenant | None, federations: Sequence[Federation]) -> Iterator[str]:
    """All of it as lines for a shell.

    :param tenant: None where the file has no section ``azure``.
    """
    if lines := list(_lines(tenant, federations)):
        compares = (
            "--with-az compares it" if tenant else "with a section azure, --with-az compares it"
        )
        yield "not compared here: what somebody with rights in the tenant has to have run"
        yield f"({compares} and does what is missing):"
        yield from (f"  {line}" for line in lines)


def _lines(tenant: Tenant | None, federations: Sequence[Federation]) -> Iterator[str]:
    client_id = (tenant.client_id if tenant else "") or TO_FILL_IN
    if tenant and tenant.application and not tenant.client_id:
        for command in application_commands(tenant):
            yield shlex.join(command)
        yield f"# {TO_FILL_IN}: the appId that the first one prints; put it into azure.client-id"
    for one in federations:
        yield shlex.join(federation_command(one, one.client_id or client_id))
    if tenant and (tenant.roles or tenant.folders):
        yield shlex.join(principal_command(client_id))
        yield f"# {PRINCIPAL}: what this one prints"
        for role in tenant.roles:
            yield shlex.join(roles.command(role, PRINCIPAL))
        yield from folders.by_hand(tenant.folders, PRINCIPAL)
