"""One field of one body that differs is seen: the comparison of the three ways isn't blind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parity.as_commands import run_as_commands
from parity.normalising import calls
from parity.scenario import SECRET, WORKSPACE
from parity.three import assert_same
from parity.ways import NewPlace, Step

SERVICES = ("entra", "arm", "databricks")
Calls = Callable[[str, str], list[str]]


@pytest.fixture(scope="module")
def made(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """The calls of two steps with this capacity of a pool and this secret."""
    files = tmp_path_factory.mktemp("nothing")
    (files / "README.md").write_text("Nothing.")

    def calls_with(capacity: str, secret: str) -> list[str]:
        pool = {"pool-name": "parity", "node-type": "Standard_DS3_v2", "max-capacity": capacity}
        scope = {"scope": "parity", "secrets": "password: PARITY_SECRET"}
        with new_place(files, SERVICES) as place:
            steps = [
                Step("instance-pool", {**WORKSPACE, **pool}),
                Step("secret-scope", {**WORKSPACE, **scope}, {"PARITY_SECRET": secret}),
            ]
            done = run_as_commands(place, steps)
        for one in done.steps.values():
            assert one.code == 0, one.log
        return [call for one in done.steps.values() for call in calls(one.entries, done.folders)]

    return calls_with


@pytest.mark.parametrize(
    ("capacity", "secret", "path", "field"),
    [
        ("11", SECRET, "/instance-pools/create", "max_capacity="),
        ("10", f"{SECRET}.", "/secrets/put", "string_value="),
    ],
    ids=["a number", "a secret"],
)
def test_a_field_that_differs(
    made: Calls, capacity: str, secret: str, path: str, field: str
) -> None:
    usual = made("10", SECRET)
    other = made(capacity, secret)
    [(before, after)] = [(one, two) for one, two in zip(usual, other, strict=True) if one != two]
    assert path in before
    assert next(one for one in before.split() if one not in after.split()).startswith(field)
    with pytest.raises(pytest.fail.Exception, match="--- command"):
        assert_same({"command": usual, "task": other, "action": usual})
    assert_same({"command": usual, "task": list(usual), "action": made("10", SECRET)})
