"""Which pipelines may use a thing, as the service lists them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.project.devops.permissions import Users, permission_change

IDS = {("environment", "staging"): "5", ("pipeline", "one"): "1", ("pipeline", "two"): "2"}


def organization(*authorized: bool) -> Any:
    """One where pipelines 1, 2 and so on are listed, permitted or not."""
    listed = SimpleNamespace(
        all_pipelines=None,
        pipelines=[
            SimpleNamespace(id=number, authorized=one) for number, one in enumerate(authorized, 1)
        ],
    )
    return SimpleNamespace(
        project="wine", knows=lambda kind, name: IDS[kind, name], read=lambda *_: listed
    )


@pytest.mark.parametrize(
    ("authorized", "writes"), [((True, True), False), ((True, False), True), ((True,), True)]
)
def test_a_pipeline_that_is_listed_and_not_permitted_is_permitted(
    authorized: tuple[bool, ...], writes: bool
) -> None:
    users = Users(("one", "two"))
    found = permission_change("environment", "staging", users, organization(*authorized))
    assert found.writes is writes
