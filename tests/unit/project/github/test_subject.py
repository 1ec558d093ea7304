"""Whom Azure has to trust, so that jobs of a repository can sign in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.azure.identity.clouds import by_name
from modelyard.local.cloud.github_identity.models import Job
from modelyard.project.github import subject
from modelyard.project.github.wanted import API
from modelyard.project.tenant import Federation, federation_name


def federations(
    *chosen: str,
    audience: str = "a",
    environment: str = "production",
    template: Mapping[str, Any] | None = None,
    api: str = API,
    issuer: str = "",
) -> list[Federation]:
    """:param template: what GitHub says of the repository's subjects."""
    answer = template or {"use_default": True}
    connection: Any = SimpleNamespace(
        name="wines/wine",
        path="/repos/wines/wine",
        repository=SimpleNamespace(default_branch="main"),
        rest=SimpleNamespace(base=api, get=lambda path: answer),
    )
    wanted: Any = SimpleNamespace(
        environments=[SimpleNamespace(name=environment)],
        oidc_subject=chosen or None,
        oidc_issuer=issuer,
    )
    made_of = subject.subjects(connection, wanted, [])
    assert made_of is not None
    return list(subject.federations(connection, wanted, made_of, audience))


def test_a_sovereign_cloud_has_an_audience_of_its_own() -> None:
    found = federations(audience=by_name("china").exchange_audience)

    assert {one.audience for one in found} == {"api://AzureADTokenExchangeChina"}
    assert [one.subject for one in found] == [
        "repo:wines/wine:ref:refs/heads/main",
        "repo:wines/wine:environment:production",
    ]


WITH_NUMBERS = {
    "use_default": True,
    "use_immutable_subject": False,  # as repositories have been seen to say
    "sub_claim_prefix": "repo:wines@12/wine@34",
}


def test_the_repository_is_called_as_github_says() -> None:
    usual = ["repo:wines@12/wine@34:ref:refs/heads/main"]
    usual.append("repo:wines@12/wine@34:environment:production")
    assert [one.subject for one in federations(template=WITH_NUMBERS)] == usual
    # The numbers stay where somebody chose the claims.
    chosen = {**WITH_NUMBERS, "use_default": False, "include_claim_keys": ["context", "repo"]}
    assert federations(template=chosen)[0].subject == "ref:refs/heads/main:repo:wines@12/wine@34"
    assert [one.subject for one in federations("default", template=chosen)] == usual
    assert [one.subject for one in federations("repo", "context", template=WITH_NUMBERS)] == usual


@pytest.mark.parametrize(
    ("api", "issuer"),
    [
        (API, "https://token.actions.githubusercontent.com"),
        ("https://api.contoso.ghe.com", "https://token.actions.contoso.ghe.com"),
        ("https://git.contoso.com/api/v3", "https://git.contoso.com/_services/token"),
        ("https://Git.contoso.com:8443/api/v3", "https://git.contoso.com:8443/_services/token"),
        ("https://API.github.com:443", "https://token.actions.githubusercontent.com"),
    ],
)
def test_the_issuer_is_that_of_where_the_interface_is(api: str, issuer: str) -> None:
    assert {one.issuer for one in federations(api=api)} == {issuer}
    own = f"{issuer}/contoso"
    assert {one.issuer for one in federations(api=api, issuer=own)} == {own}


def test_a_subject_is_trusted_once() -> None:
    """Entra refuses a second trust in one issuer and subject."""
    (found,) = federations("repository_owner", "repo")
    assert found.subject == "repository_owner:wines:repo:wines/wine"
    assert found.name == "wines-wine-all-jobs"


@pytest.mark.parametrize(
    ("environment", "part"),
    [("Production:V1", "Production%3AV1"), ("a:b:c", "a%3Ab%3Ac"), ("prod 1/%3A", "prod 1/%3A")],
)
def test_the_colons_of_an_environments_name_are_escaped(environment: str, part: str) -> None:
    """The first is GitHub's own example. Nothing else is escaped, so two names may be one."""
    [_, trusted] = federations(environment=environment)
    assert trusted.subject == f"repo:wines/wine:environment:{part}"
    job = Job("wines/wine", environment=environment)
    assert job.subject_of(subject.DEFAULT) == trusted.subject


def test_no_two_trusts_have_one_name() -> None:
    names = ["prod_a", "prod-a", "тест", "прод", "x" * 200, "x" * 201, "a--b", "a-b"]
    made = [federation_name("contoso/wine environment:", name) for name in names]

    assert len(set(made)) == len(names)
    assert made[1] == "contoso-wine-environment-prod-a"
    assert all(re.fullmatch("[A-Za-z0-9-]{3,120}", one) for one in made)
