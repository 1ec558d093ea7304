"""az and a tenant behind it, for ``modelyard setup --with-az``: the local cloud has no Microsoft
Graph. Beside what it keeps it writes down what it was asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROGRAM = '''#!{python}
"""Keeps what it is told in a file, as the tenant would."""
import json, os, pathlib, sys
path = pathlib.Path({state!r})
known = json.loads(path.read_text()) if path.exists() else dict(
    calls=[], trust=[], roles=[], acls={{}}
)
words = sys.argv[1:]
verb = " ".join(words[: next(i for i, word in enumerate(words) if word.startswith("-"))])
value = lambda name: words[words.index(name) + 1]
known["calls"].append(verb)
known["seen"] = sorted({{*known.get("seen", []), *os.environ}})
failure, own = "", "user::rwx,group::r-x,other::---"
if verb == "ad app list":
    print(json.dumps([{{"appId": "app-1"}}] if "app" in known else []))
elif verb == "ad app create":
    known["app"] = value("--display-name")
    print(json.dumps({{"appId": "app-1"}}))
elif verb == "ad sp show" and "sp" not in known:
    failure = "Resource 'app-1' does not exist."
elif verb == "ad sp show":
    print(json.dumps({{"id": "principal-1"}}))
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
                f"Issuer {{one['issuer']}} and Subject: {{one['subject']}} already exist."
            )
    if not failure:
        known["trust"].append(new)
elif verb == "ad app federated-credential list":
    print(json.dumps(known["trust"]))
elif verb == "role assignment create":
    known["roles"].append(value("--scope"))
elif verb == "role assignment list":
    print(json.dumps([one for one in known["roles"] if one == value("--scope")]))
elif verb == "storage fs access show":
    print(json.dumps({{"acl": known["acls"].get(value("--path"), own)}}))
elif verb == "storage fs access set":
    known["acls"][value("--path")] = value("--acl")
elif verb == "storage fs access update-recursive":
    known["acls"][value("--path")] = own + "," + value("--acl")
if failure:
    print(f"ERROR: {{failure}}", file=sys.stderr)
    sys.exit(3)
path.write_text(json.dumps(known))
'''
"""As Entra does, it refuses a second federated credential for one issuer and subject.
Source: https://github.com/Azure/azure-workload-identity/issues/434"""


class Tenant:
    """:ivar programs: the folder for ``PATH``."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "az-programs"
        self._state = folder / "az-tenant.json"
        self.programs.mkdir()
        program = self.programs / "az"
        text = PROGRAM.format(python=sys.executable, state=str(self._state))
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)

    @property
    def known(self) -> dict[str, Any]:
        """``app``, ``sp``, ``trust``, ``roles``, ``acls`` (by path); ``calls``; ``seen``, the names
        of variables."""
        found: dict[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
        return found

    def keep(self, **changed: Any) -> None:
        """Change what is known, as somebody else would."""
        self._state.write_text(json.dumps({**self.known, **changed}), encoding="utf-8")

    def writes(self, since: int) -> list[str]:
        """The calls that change something.

        :param since: how many calls there were before.
        """
        changing = ("create", "update", "set", "update-recursive")
        return [one for one in self.known["calls"][since:] if one.endswith(changing)]
