"""What stays of a pipeline's repository."""

from __future__ import annotations

from typing import Any

from azure.devops.v7_1.build import models

from modelyard.project.devops.pipeline_changes import _laid_over

URL = "https://dev.azure.com/o/p/_git/wine"


def laid_over(key: str) -> Any:
    """A repository whose id is ``A1`` with the file's over it."""
    there = models.BuildRepository(
        id="A1", name="wine", type="TfsGit", url=URL, clean="true", properties={"fetchDepth": "7"}
    )
    given = {"id": key, "name": "vine", "type": "TfsGit", "properties": {}}
    return _laid_over(there, given, models)


def test_the_address_of_another_repository_goes() -> None:
    found = laid_over("b2")
    assert (found.id, found.name, found.url) == ("b2", "vine", None)
    assert (found.clean, found.properties) == ("true", {"fetchDepth": "7"})


def test_the_address_of_the_same_repository_stays() -> None:
    assert laid_over("a1").url == URL
