"""The subject of the repository's identity tokens, and whom Azure has to trust because of it.

Source: docs.github.com, "OpenID Connect reference" and "Customizing the subject claims for an
organization or repository".
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Sequence

from modelyard.project.github.connection import Connection
from modelyard.project.github.wanted import API, DEFAULT_SUBJECT, Wanted
from modelyard.project.plan import Change, change
from modelyard.project.tenant import Federation, federation_name

ISSUER = "https://token.actions.githubusercontent.com"
DEFAULT = ("repo", "context")
"""What the usual subject is made of."""
KNOWN = (*DEFAULT, "repository", "repository_owner")
"""Claims that a repository alone decides."""


def changes(connection: Connection, wanted: Wanted) -> Iterator[Change]:
    """None, or the one. (Not in PyGithub.)"""
    asked = wanted.oidc_subject
    if asked is None:
        return
    body = {"use_default": asked == (DEFAULT_SUBJECT,), "include_claim_keys": list(asked)}
    if body["use_default"]:
        del body["include_claim_keys"]

    def apply() -> None:
        connection.rest.json("PUT", _path(connection), body=body)

    found = {"claims": _found(connection)}
    yield change("OIDC subject", connection.name, {"claims": asked}, found, apply)


def claims(connection: Connection, wanted: Wanted) -> tuple[str, ...]:
    """What subjects will be made of."""
    found = wanted.oidc_subject or _found(connection)
    return DEFAULT if found == (DEFAULT_SUBJECT,) else found


def _found(connection: Connection) -> tuple[str, ...]:
    answer = connection.rest.get(_path(connection))
    keys = () if answer.get("use_default", True) else answer.get("include_claim_keys") or ()
    return tuple(keys) or (DEFAULT_SUBJECT,)


def _path(connection: Connection) -> str:
    return f"{connection.path}/actions/oidc/customization/sub"


def unknown(keys: Sequence[str]) -> list[str]:
    """Claims whose values nobody knows before a job runs."""
    return [key for key in keys if key not in KNOWN]


def federations(
    connection: Connection, wanted: Wanted, keys: Sequence[str], audience: str
) -> Iterator[Federation]:
    """One for each environment, and one for jobs of the default branch without any; a single one
    where subjects don't tell them apart, since an application trusts no subject twice.

    :param keys: what subjects are made of, all of them known.
    :param audience: of the Azure cloud.
    """
    owner = connection.name.partition("/")[0]
    contexts = [("all", "jobs")]
    if "context" in keys:
        contexts = [("ref:refs/heads/", connection.repository.default_branch)]
        contexts += [("environment:", one.name) for one in wanted.environments]
    for kind, which in contexts:
        values = {
            "repo": f"repo:{connection.name}",
            "context": f"{kind}{which}",
            "repository": f"repository:{connection.name}",
            "repository_owner": f"repository_owner:{owner}",
        }
        subject = ":".join(values[key] for key in keys)
        name = federation_name(f"{connection.name} {kind}", which)
        yield Federation(name, _issuer(connection), subject, audience)


def _issuer(connection: Connection) -> str:
    """An Enterprise Server is its own issuer."""
    if connection.rest.base == API:
        return ISSUER
    place = urllib.parse.urlsplit(connection.rest.base)
    return f"{place.scheme}://{place.netloc}/_services/token"
