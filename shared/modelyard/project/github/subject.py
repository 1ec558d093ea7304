"""The subject of the repository's identity tokens, and whom Azure has to trust because of it.

Repositories made, renamed or transferred since July 2026 have the numbers of their owner and of
themselves in the claim ``repo``, and others may have them: GitHub tells how the usual subject
begins (``sub_claim_prefix``), an Enterprise Server doesn't. The numbers stay where somebody chose
the claims.

A repository that opts out of the usual subject and chooses no claims takes those of its
organization.

The issuer is GitHub's, or that of an enterprise on GHE.com; an Enterprise Server is its own. An
enterprise may have its name added to it, which only its owners can see: the file says so.

Source: docs.github.com, "OpenID Connect reference" (also for Enterprise Cloud), "Feature overview
for GitHub Enterprise Cloud with data residency" and "Customizing the subject claims for an
organization or repository"; learn.microsoft.com, "Migrate GitHub Actions federated credentials to
immutable subjects"; https://github.com/Azure/azure-dev/pull/9430.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.errors import NotFound, PermissionDenied
from modelyard.project.github.connection import Connection
from modelyard.project.github.wanted import API, DEFAULT_SUBJECT, Wanted
from modelyard.project.plan import Change, change
from modelyard.project.tenant import Federation, federation_name

ISSUER = "https://token.actions.githubusercontent.com"
_RESIDENCE = re.compile(r"api\.([\w-]+\.ghe\.com)", re.ASCII)
DEFAULT = ("repo", "context")
"""What the usual subject is made of."""
ORGANIZATION = ("those of the organization",)
"""In place of claims: the repository takes what the organization chose."""
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

    found = {"claims": _found(_template(connection))}
    yield change("OIDC subject", connection.name, {"claims": asked}, found, apply)


@dataclass(frozen=True)
class Subjects:
    """What subjects will be made of."""

    claims: tuple[str, ...]
    repo: str
    """The claim ``repo`` as subjects have it: ``repo:OWNER/NAME``, perhaps with numbers."""


def subjects(connection: Connection, wanted: Wanted, warnings: list[str]) -> Subjects | None:
    """Those of the repository once the plan is carried out; None, with a warning, where they are
    the organization's and it doesn't tell them."""
    template = _template(connection)
    found = wanted.oidc_subject or _found(template)
    if found == ORGANIZATION:
        found = _of_organization(connection, warnings)
    if not found:
        return None
    repo = template.get("sub_claim_prefix") or f"repo:{connection.name}"
    return Subjects(DEFAULT if found == (DEFAULT_SUBJECT,) else found, repo)


def _template(connection: Connection) -> Mapping[str, Any]:
    return connection.rest.get(_path(connection))


def _found(template: Mapping[str, Any]) -> tuple[str, ...]:
    if template.get("use_default", True):
        return (DEFAULT_SUBJECT,)
    return tuple(template.get("include_claim_keys") or ORGANIZATION)


def _of_organization(connection: Connection, warnings: list[str]) -> tuple[str, ...]:
    """Nothing, with a warning, where that can't be told."""
    owner = connection.name.partition("/")[0]
    answer: Mapping[str, Any] = {}
    why = f"{owner} has chosen none"
    try:
        answer = connection.rest.get(f"/orgs/{owner}/actions/oidc/customization/sub")
    except (NotFound, PermissionDenied) as error:
        why = error.what
    claims = tuple(answer.get("include_claim_keys") or ())
    if not claims:
        warnings.append(
            f"the claims of the OIDC subject are those of the organization, and not known ({why}), "
            "so no federated credential is made: use a token that may read them (read:org; "
            "fine-grained: Administration of the organization), or name github.oidc-subject"
        )
    return claims


def _path(connection: Connection) -> str:
    return f"{connection.path}/actions/oidc/customization/sub"


def unknown(keys: Sequence[str]) -> list[str]:
    """Claims whose values nobody knows before a job runs."""
    return [key for key in keys if key not in KNOWN]


def federations(
    connection: Connection, wanted: Wanted, made_of: Subjects, audience: str
) -> Iterator[Federation]:
    """One for each environment, and one for jobs of the default branch without any; a single one
    where subjects don't tell them apart, since an application trusts no subject twice.

    :param made_of: all claims of it known.
    :param audience: of the Azure cloud.
    """
    owner = connection.name.partition("/")[0]
    contexts = [("all", "jobs")]
    if "context" in made_of.claims:
        contexts = [("ref:refs/heads/", connection.repository.default_branch)]
        contexts += [("environment:", one.name) for one in wanted.environments]
    for kind, which in contexts:
        values = {
            "repo": made_of.repo,
            "context": f"{kind}{which.replace(':', '%3A')}",  # a colon parts the claims
            "repository": f"repository:{connection.name}",
            "repository_owner": f"repository_owner:{owner}",
        }
        subject = ":".join(values[key] for key in made_of.claims)
        name = federation_name(f"{connection.name} {kind}", which)
        issuer = wanted.oidc_issuer or _issuer(connection.rest.base)
        yield Federation(name, issuer, subject, audience)


def _issuer(base: str) -> str:
    """:param base: address of the interface."""
    place = urllib.parse.urlsplit(base)
    host = place.netloc.lower().removesuffix(":443")
    if f"https://{host}" == API:
        return ISSUER
    if residence := _RESIDENCE.fullmatch(host):
        return f"https://token.actions.{residence[1]}"
    return f"{place.scheme}://{host}/_services/token"
