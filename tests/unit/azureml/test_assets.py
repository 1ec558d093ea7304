"""Which version of an asset is the newest, and which comes next."""

from __future__ import annotations

import pytest

from modelyard.azureml.assets import Asset, newest, next_version


def of(*versions: str) -> list[Asset]:
    return [Asset(f"id-{one}", "wine", one, {}) for one in versions]


@pytest.mark.parametrize(
    ("versions", "last", "following"),
    [
        (("9", "10", "2"), "10", "11"),
        (("1", "2026-01-31"), "1", "2"),
        (("first",), None, "1"),
        ((), None, "1"),
    ],
)
def test_versions_are_numbers(versions: tuple[str, ...], last: str | None, following: str) -> None:
    found = newest(of(*versions))
    assert (found and found.version) == last
    assert next_version(of(*versions)) == following
