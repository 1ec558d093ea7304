"""Secrets of a thing that is there: kept, unless all are to be set again."""

from __future__ import annotations

import pytest

from modelyard.project import kept_secrets
from modelyard.project.secret_values import variable

WANTED = {"old": variable("OLD"), "new": variable("NEW")}
THERE = {"old", "of somebody else"}


@pytest.mark.parametrize(
    ("renew", "needed", "shown"),
    [
        (False, ["new"], {"secret old": "(set)", "secret new": "(set)"}),
        (True, ["old", "new"], {"secret old": "(set again)", "secret new": "(set)"}),
    ],
)
def test_what_is_written(renew: bool, needed: list[str], shown: dict[str, str]) -> None:
    assert list(kept_secrets.needed(WANTED, THERE, renew=renew)) == needed
    assert kept_secrets.shown(WANTED, THERE, renew=renew) == shown


def test_the_reader_is_told_of_what_is_kept_alone() -> None:
    assert "can't be compared" in kept_secrets.note(WANTED, THERE, renew=False)
    assert kept_secrets.note(WANTED, THERE, renew=True) == ""
    assert kept_secrets.note(WANTED, {"of somebody else"}, renew=False) == ""
