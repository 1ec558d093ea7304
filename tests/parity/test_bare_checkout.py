"""``uses: OWNER/modelyard/actions/NAME@v1`` needs the repository as git has it, and no more."""

from __future__ import annotations

from pathlib import Path

from parity.as_actions import run_as_actions
from parity.scenario import WORKSPACE
from parity.ways import NewPlace, Step


def test_a_checkout_holds_no_environment_and_nothing_built(checkout: Path) -> None:
    names = {path.name for path in checkout.rglob("*")}
    assert not names & {"node_modules", ".venv", "dist", "build", ".git", "__pycache__"}
    assert (checkout / "actions/instance-pool/action.yml").is_file()


def test_an_action_runs_from_it_and_leaves_it_as_it_was(
    checkout: Path, new_place: NewPlace, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    (tmp_path / "README.md").write_text("nothing\n")
    step = Step(
        "instance-pool",
        {**WORKSPACE, "pool-name": "bare", "node-type": "Standard_DS3_v2"},
    )
    with new_place(tmp_path, ("entra", "arm", "databricks")) as place:
        outcome = run_as_actions(place, [step]).steps["instance-pool"]
    assert outcome.code == 0, outcome.log
    assert outcome.outputs["action"] == "created"
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before
