"""``--with-az``: what needs rights in the tenant, by the sign-in of the Azure command line."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from modelyard.azure.identity import credential_variables
from modelyard.errors import Ambiguous, MissingTool
from modelyard.project import roles, tenant
from modelyard.project.lake import Lake
from modelyard.project.plan import Change, change
from modelyard.project.roles import Role
from modelyard.project.tenant import Federation, Tenant
from modelyard.project_errors import AzFailed

SECONDS = 120
"""How long one command may take; a first one often signs in anew."""


class Az:
    """The commands of one run, and what they find.

    :ivar client_id: of the application: as the file says or as az finds or makes it; empty before.
    """

    def __init__(self, environment: Mapping[str, str], wanted: Tenant) -> None:
        # It is signed in by itself, perhaps as the machine.
        self._environment = credential_variables.without(environment, ())
        self._wanted = wanted
        self._program = shutil.which("az", path=environment.get("PATH")) or ""
        if not self._program:
            raise MissingTool(
                "az isn't on PATH, and --with-az needs it",
                fix="install the Azure command line, or leave --with-az out: the commands are "
                "printed then",
            )
        self.client_id = wanted.client_id or self._find()

    def application_changes(self) -> Iterator[Change]:
        """The application, its service principal, its roles and its folders."""
        name = self._wanted.application
        if not name:
            return
        found = {"name": name} if self.client_id else None
        yield change("application", name, {"name": name}, found, self._make_application)
        there = self._principal() if self.client_id else ""
        found = {"application": name} if there else None
        yield change("service principal", name, {"application": name}, found, self._make_principal)
        for role in self._wanted.roles:
            yield change(
                "role assignment",
                f"{role.name} on {role.scope}",
                {"role": role.name},
                {"role": role.name} if there and self._has(role) else None,
                self._assignment(role),
            )
        lake = Lake(self._json, self._run, self._principal)
        yield from lake.changes(self._wanted.folders, there)

    def federation_change(self, name: str, given: Callable[[], Federation | None]) -> Change:
        """Trust in one issuer and subject.

        :param given: the federation; None as long as nobody knows it, which is before whom it
            trusts is made.
        """
        now = given()
        wanted = (
            _shape(now.issuer, now.subject, [now.audience]) if now else {"issuer": "of " + name}
        )
        there = self._federations() if self.client_id else {}
        key = _known_as(there, name, now)
        found = there.get(key)
        return change("federated credential", key, wanted, found, self._trust(given, name))

    def _federations(self) -> dict[str, dict[str, Any]]:
        found = self._json("ad", "app", "federated-credential", "list", "--id", self.client_id)
        return {
            str(one["name"]): _shape(one["issuer"], one["subject"], one.get("audiences") or [])
            for one in found
        }

    def _trust(self, given: Callable[[], Federation | None], name: str) -> Callable[[], None]:
        def apply() -> None:
            one = given()
            if one is None:
                raise AzFailed(f"nobody knows whom the federated credential {name} is to trust")
            there = self._federations()
            key = _known_as(there, name, one)
            action = "update" if key in there else "create"
            more = ("--federated-credential-id", key) if action == "update" else ()
            document = tenant.federation_document(replace(one, name=key))
            command = ("ad", "app", "federated-credential", action, "--id", self.client_id)
            self._run(*command, *more, "--parameters", document)

        return apply

    def _find(self) -> str:
        name = self._wanted.application
        if not name:
            return ""
        quoted = name.replace("'", "''")
        found = self._json("ad", "app", "list", "--filter", f"displayName eq '{quoted}'")
        if len(found) > 1:
            ids = ", ".join(str(one["appId"]) for one in found)
            raise Ambiguous(
                f"{len(found)} applications are called {name}: {ids}",
                fix="say which by azure.client-id",
            )
        return str(found[0]["appId"]) if found else ""

    def _make_application(self) -> None:
        made = self._json("ad", "app", "create", "--display-name", self._wanted.application)
        self.client_id = str(made["appId"])

    def _make_principal(self) -> None:
        self._run("ad", "sp", "create", "--id", self.client_id)

    def _has(self, role: Role) -> bool:
        listed = ("role", "assignment", "list", "--assignee", self.client_id)
        return bool(self._json(*listed, "--role", role.name, "--scope", role.scope))

    def _assignment(self, role: Role) -> Callable[[], None]:
        def apply() -> None:
            self._run(*roles.command(role, self._principal())[1:])

        return apply

    def _json(self, *arguments: str) -> Any:
        return self._json_of(arguments, self._done(arguments))

    def _json_of(self, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> Any:
        text = self._checked(arguments, done)
        try:
            return json.loads(text)
        except ValueError:
            raise AzFailed(f"az {_shown(arguments)} printed no JSON") from None

    def _run(self, *arguments: str) -> str:
        return self._checked(arguments, self._done(arguments))

    def _checked(self, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            raise AzFailed(f"az {_shown(arguments)} failed: {said[-1]}")
        return done.stdout

    def _principal(self) -> str:
        """The object id of the service principal; empty where there is none."""
        command = ("ad", "sp", "show", "--id", self.client_id)
        done = self._done(command)
        if done.returncode and "does not exist" in done.stderr:
            return ""
        return str(self._json_of(command, done)["id"])

    def _done(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self._program, *arguments, "--output", "json", "--only-show-errors"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AzFailed(f"az {_shown(arguments)} didn't end: {error}") from None


def _known_as(there: Mapping[str, dict[str, Any]], name: str, one: Federation | None) -> str:
    """The name that the trust has: an application has one for an issuer and a subject."""
    same = [
        known
        for known, shape in there.items()
        if one and (shape["issuer"], shape["subject"]) == (one.issuer, one.subject)
    ]
    return same[0] if same else name


def _shape(issuer: str, subject: str, audiences: Sequence[str]) -> dict[str, Any]:
    """What is compared of a federated credential."""
    return {"issuer": issuer, "subject": subject, "audiences": list(audiences)}


def _shown(arguments: Sequence[str]) -> str:
    """A command by its first words: the rest may be long."""
    return " ".join(one for one in arguments[:4] if not one.startswith("-"))
