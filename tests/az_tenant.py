"""az and a tenant behind it, for ``modelyard setup --with-az``: the local cloud has no Microsoft
Graph. Beside what it keeps it writes down what it was asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OWN = "user::rwx,group::r-x,other::---"
"""The access control list of a folder that nobody has changed."""
PROGRAM = '''#!PYTHON
"""Keeps what it is told in a file, as the tenant would."""
import json, os, pathlib, sys
path = pathlib.Path(STATE)
known = json.loads(path.read_text())
words = sys.argv[1:]
verb = " ".join(words[: next(i for i, word in enumerate(words) if word.startswith("-"))])
value = lambda name: words[words.index(name) + 1]
known["calls"].append(verb)
known["seen"] = sorted({*known.get("seen", []), *os.environ})
failure = ""


def entries(acl):
    """By scope, type and id. As the service, it takes none twice."""
    parts = [one.rpartition(":") for one in acl.split(",")]
    assert len({key for key, _, _ in parts}) == len(parts), "an entry is there twice: " + acl
    return {key: value for key, _, value in parts}


def complete(found):
    """With what the service adds: entries by default, and a mask where somebody is named."""
    if any(key.startswith("default:") for key in found):
        for key in ("user:", "group:", "other:"):
            found.setdefault("default:" + key, found[key])
    for scope in ("", "default:"):
        named = [
            key for key in found
            if key.startswith((scope + "user:", scope + "group:")) and not key.endswith(":")
        ]
        limited = [found[key] for key in (*named, scope + "group:") if key in found]
        if named:
            found.setdefault(scope + "mask:", "".join(map(max, *limited)))
    return ",".join(f"{key}:{value}" for key, value in found.items())


if verb.startswith("storage fs access") and value("--path") not in known["acls"]:
    failure = "The specified path does not exist."
elif verb == "ad app list":
    print(json.dumps([{"appId": "app-1"}] if "app" in known else []))
elif verb == "ad app create":
    known["app"] = value("--display-name")
    print(json.dumps({"appId": "app-1"}))
elif verb == "ad sp show" and "sp" not in known:
    failure = "Resource 'app-1' does not exist."
elif verb == "ad sp show":
    print(json.dumps({"id": "principal-1"}))
elif verb == "ad sp create":
    known["sp"] = value("--id")
elif verb in ("ad app federated-credential create", "ad app federated-credential update"):
    new = json.loads(value("--parameters"))
    if verb.endswith("update"):
        there = [one for one in known["trust"] if one["name"] == value("--federated-credential-id")]
        known["trust"] = [one for one in known["trust"] if one not in there]
    for one in known["trust"]:
        if (one["issuer"], one["subject"]) == (new["issuer"], new["subject"]):
            failure = (
                "The combination of issuer and subject must be unique for the application. "
                f"Issuer {one['issuer']} and Subject: {one['subject']} already exist."
            )
    if not failure:
        known["trust"].append(new)
elif verb == "ad app federated-credential list":
    print(json.dumps(known["trust"]))
elif verb == "role assignment create":
    if value("--assignee-principal-type") != "ServicePrincipal":
        failure = "Cannot find user or service principal in graph database."
    applications = {"principal-1": "app-1"}
    whose = {"--assignee": applications[value("--assignee-object-id")]}
    known["roles"].append({**whose, **{name: value(name) for name in ("--role", "--scope")}})
elif verb == "role assignment list":
    asked = {name: value(name) for name in ("--assignee", "--role", "--scope") if name in words}
    print(json.dumps([one for one in known["roles"] if asked.items() <= one.items()]))
elif verb == "storage fs access show":
    acl = known["acls"][value("--path")]
    print(acl if "--query" in words else json.dumps({"acl": acl}))
elif verb == "storage fs access set":
    new = entries(value("--acl"))
    if {"user:", "group:", "other:"} <= {*new}:
        known["acls"][value("--path")] = complete(new)
    else:
        failure = "Invalid ACL: the user, group and other entries are required."
elif verb == "storage fs access update-recursive":
    top = value("--path").strip("/")
    for one, acl in known["acls"].items():
        if not top or one == top or one.startswith(top + "/"):
            known["acls"][one] = complete({**entries(acl), **entries(value("--acl"))})
if failure:
    print(f"ERROR: {failure}", file=sys.stderr)
    sys.exit(3)
path.write_text(json.dumps(known))
'''
"""As Entra does, it refuses a second federated credential for one issuer and subject; and as a data
lake does, it keeps a mask that is there when entries are added.
Sources: https://github.com/Azure/azure-workload-identity/issues/434,
https://github.com/MicrosoftDocs/azure-docs/issues/62693,
https://github.com/Azure/azure-cli/issues/16792."""


class Tenant:
    """:ivar programs: the folder for ``PATH``."""

    def __init__(self, folder: Path, *paths: str) -> None:
        """:param paths: folders of the data lake, beside the root."""
        self.programs = folder / "az-programs"
        self._state = folder / "az-tenant.json"
        self.programs.mkdir()
        program = self.programs / "az"
        text = PROGRAM.replace("PYTHON", sys.executable, 1).replace("STATE", repr(str(self._state)))
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        acls = dict.fromkeys(("/", *paths), OWN)
        empty = {"calls": [], "trust": [], "roles": [], "acls": acls}
        self._state.write_text(json.dumps(empty), encoding="utf-8")

    @property
    def known(self) -> dict[str, Any]:
        """``app``, ``sp``, ``trust``, ``roles``, ``acls`` (by path); ``calls``; ``seen``, the names
        of variables."""
        found: dict[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
        return found

    def keep(self, **changed: Any) -> None:
        """Change what is known, as somebody else would."""
        self._state.write_text(json.dumps({**self.known, **changed}), encoding="utf-8")

    def forget(self, name: str) -> None:
        """Take away ``app`` or ``sp``, as somebody else would."""
        left = {key: value for key, value in self.known.items() if key != name}
        self._state.write_text(json.dumps(left), encoding="utf-8")

    def writes(self, since: int) -> list[str]:
        """The calls that change something.

        :param since: how many calls there were before.
        """
        changing = ("create", "update", "set", "update-recursive")
        return [one for one in self.known["calls"][since:] if one.endswith(changing)]
