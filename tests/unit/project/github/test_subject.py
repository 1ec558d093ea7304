"""Whom Azure has to trust, so that jobs of a repository can sign in."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from modelyard.azure.identity.clouds import by_name
from modelyard.project.github import subject
from modelyard.project.github.wanted import API
from modelyard.project.tenant import Federation, federation_name


def federations(*keys: str, audience: str = "a") -> list[Federation]:
    connection: Any = SimpleNamespace(
        name="wines/wine",
        repository=SimpleNamespace(default_branch="main"),
        rest=SimpleNamespace(base=API),
    )
    wanted: Any = SimpleNamespace(environments=[SimpleNamespace(name="production")])
    return list(subject.federations(connection, wanted, keys, audience))


def test_a_sovereign_cloud_has_an_audience_of_its_own() -> None:
    audience = by_name("china").exchange_audience

    found = federations(*subject.DEFAULT, audience=audience)

    assert {one.audience for one in found} == {"api://AzureADTokenExchangeChina"}
    assert [one.subject for one in found] == [
        "repo:wines/wine:ref:refs/heads/main",
        "repo:wines/wine:environment:production",
    ]


def test_a_subject_is_trusted_once() -> None:
    """Entra refuses a second trust in one issuer and subject."""
    (found,) = federations("repository_owner", "repo")
    assert found.subject == "repository_owner:wines:repo:wines/wine"
    assert found.name == "wines-wine-all-jobs"


def test_no_two_trusts_have_one_name() -> None:
    names = ["prod_a", "prod-a", "тест", "прод", "x" * 200, "x" * 201, "a--b", "a-b"]
    made = [federation_name("contoso/wine environment:", name) for name in names]

    assert len(set(made)) == len(names)
    assert made[1] == "contoso-wine-environment-prod-a"
    assert all(re.fullmatch("[A-Za-z0-9-]{3,120}", one) for one in made)
