"""Runs as a user starts, watches and cancels them: the command line against a local cloud, over
HTTP, with real notebooks and what goes wrong on a bad day."""

from __future__ import annotations

import json
import re
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.run_workplace import ENDED, FILE_LINE, RAISED_IN, TRAIN, Done, Workplace, until
from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm", "databricks")
NOTEBOOK = "/Shared/wine/train"
RUN_NOW = "/api/2.2/jobs/run-now"
RUNS_GET = "/api/2.2/jobs/runs/get"
BEST = {"metric": "rmse", "better": "lower", "threshold": "0.8"}


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    """pip of the clusters, which are children of this process, asks no package index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.delenv("PIP_FIND_LINKS", raising=False)
        yield


@pytest.fixture(scope="module")
def cluster(
    cloud: LocalCloud, cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    place = Workplace(cloud, cloud_environment, tmp_path_factory.mktemp("cluster"))
    place.add_notebook(NOTEBOOK, TRAIN)
    try:
        return place.add_cluster()
    finally:
        place.close()


@pytest.fixture
def place(
    cloud: LocalCloud,
    cloud_environment: dict[str, str],
    library_path: dict[str, str],
    tmp_path: Path,
) -> Iterator[Workplace]:
    environment = {**cloud_environment, "PYTHONPATH": library_path["PYTHONPATH"]}
    made = Workplace(cloud, environment, tmp_path)
    made.forget()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "train.py").write_text(TRAIN)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    """Of a job that no other test uses."""
    return f"j{secrets.token_hex(4)}"


@pytest.fixture
def inputs(name: str, cluster: str, tmp_path: Path) -> dict[str, Any]:
    """Of job-run, for a job of its own."""
    declared = f"alpha=0.5\nmode=train\ngate={tmp_path / 'gate'}"
    return {
        "job": name, "notebook": NOTEBOOK, "cluster_id": cluster, "base_parameters": declared,
    }  # fmt: skip


def is_fine(done: Done) -> bool:
    assert done.code == 0, done.text
    return True


def test_a_sweep_trains_and_the_best_run_is_chosen(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    sweep = "{alpha: [0.5, 0.3, 0.1]}"
    done = place.run("job-run", **inputs, sweep=sweep, first_alone="true", **BEST)
    assert is_fine(done)
    assert place.states(name) == ["SUCCESS"] * 3
    outputs = done.outputs
    runs = json.loads(outputs["runs"])
    assert [one["metrics"]["rmse"] for one in runs] == pytest.approx([0.65, 0.63, 0.61])
    assert outputs["best-run-id"] == str(runs[2]["run_id"]) == outputs["run-id"]
    assert float(outputs["best-metric"]) == pytest.approx(0.61)
    assert json.loads(outputs["best-parameters"]) == {"alpha": "0.1"}
    assert outputs["run-url"].endswith(outputs["run-id"])
    first, second, third = place.runs(name)
    assert second["start_time"] >= first["end_time"]
    assert third["start_time"] < second["end_time"]
    assert f"job {name} ({outputs['job-id']}): created" in done.text
    kept = place.job / "artifacts" / f"runs-{name}" / "runs.json"
    assert json.loads(kept.read_text()) == runs
    summary = (place.job / "summary.md").read_text()
    assert "alpha 0.1" in summary
    assert "█" in summary
    assert place.environment["DATABRICKS_TOKEN"] not in done.text
    page = place.http.get(outputs["run-url"], timeout=30)
    assert page.status_code == 200, "the page that run-url names is there"


def test_the_job_is_left_alone_or_updated(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    assert is_fine(place.run("job-run", **inputs))
    again = place.run("job-run", **inputs)
    assert is_fine(again)
    assert f"job {name} ({again.outputs['job-id']}): left alone" in again.text
    place.add_notebook("/Shared/wine/other", TRAIN)
    changed = place.run("job-run", **{**inputs, "notebook": "/Shared/wine/other"})
    assert is_fine(changed)
    assert "updated notebook_task.notebook_path" in changed.text
    assert len(place.get("jobs/list", name=name)["jobs"]) == 1
    place.next_run()
    as_it_is = place.run("job-run", job=name, parameters="alpha=0.2")
    assert is_fine(as_it_is)
    assert json.loads(as_it_is.outputs["exit-value"])["metrics"]["rmse"] == pytest.approx(0.62)


def test_more_runs_than_the_job_may_have_are_queued(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    sweep = "{alpha: [0.5, 0.3, 0.1]}"
    done = place.run("job-run", **inputs, sweep=sweep, max_concurrent_runs=1)
    assert is_fine(done)
    assert place.states(name) == ["SUCCESS"] * 3
    assert "QUEUED after" in done.text


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "reset", "path": RUN_NOW, "when": "after"},
        {"action": "cut", "path": RUN_NOW, "when": "after"},
        {"action": "status", "status": 503, "path": RUN_NOW, "when": "after"},
        {"action": "status", "status": 429, "path": RUN_NOW, "headers": {"Retry-After": "1"}},
        {"action": "status", "status": 503, "path": RUNS_GET, "times": 2},
        {"action": "reset", "path": RUNS_GET, "times": 2},
        {"action": "status", "status": 429, "path": RUNS_GET, "headers": {"Retry-After": "1"}},
        {"action": "reset", "path": "/api/2.2/jobs/create", "when": "after"},
        {"action": "stale", "path": RUNS_GET, "skip": 1, "times": 2},
    ],
    ids=lambda rule: f"{rule['action']}-{rule.get('status', '')}-{rule['path'][14:]}",
)
def test_on_a_bad_day_it_is_one_run_all_the_same(
    rule: dict[str, Any], place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    place.fault(**rule)
    done = place.run("job-run", **inputs)
    assert is_fine(done)
    assert place.states(name) == ["SUCCESS"]
    assert len(place.get("jobs/list", name=name)["jobs"]) == 1


@pytest.mark.parametrize("path", [RUN_NOW, RUNS_GET])
def test_a_page_in_place_of_an_answer_is_no_success_and_leaves_nothing_running(
    path: str, place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    place.fault(action="html", path=path, when="after" if path == RUN_NOW else "before")
    done = place.run("job-run", **inputs, parameters="mode=wait")
    assert done.code == 13, done.text
    assert "not with a JSON object" in done.text
    until(lambda: place.states(name) == ["CANCELED"], "the run is cancelled")


def test_a_notebook_that_raises(place: Workplace, name: str, inputs: dict[str, Any]) -> None:
    place.environment["TF_BUILD"] = "True"
    sweep = "[{alpha: 0.5, mode: wait}, {alpha: 0.3, mode: raise}]"
    done = place.run("job-run", **inputs, sweep=sweep, source_folder="notebooks")
    assert done.code == 31, done.text
    assert place.states(name) == ["CANCELED", "FAILED"]
    run_id = place.runs(name)[1]["run_id"]
    pattern = r"^##vso\[task\.logissue ([^]]*type=error;[^]]*)\](.*)$"
    (issue,) = re.findall(pattern, done.text, re.MULTILINE)
    assert "sourcepath=notebooks/train.py;" in issue[0]
    assert f"linenumber={FILE_LINE};" in issue[0]
    lines = issue[1].split("%0A")
    assert lines[0].startswith(f"Run {run_id} of {name}: FAILED after ")
    assert lines[1] == f"  notebook {NOTEBOOK}, cell {RAISED_IN[0]}, line {RAISED_IN[1]}"
    assert "1 sibling run was cancelled" in issue[1]
    assert f"/runs/{run_id}" in issue[1]
    for variable, value in (("runId", run_id), ("resultState", "FAILED")):
        command = f"##vso[task.setvariable variable={variable};issecret=false;isOutput=true;]"
        assert f"{command}{value}" in done.text
    # The agent takes the first command of a line, wherever it stands: it has to be ours.
    commands = [line for line in done.text.splitlines() if "##vso[" in line]
    assert all(line.startswith("##vso[") for line in commands)
    assert not any(line.startswith("##vso[task.setvariable variable=stolen") for line in commands)


def test_a_failure_is_annotated_on_github(
    place: Workplace, inputs: dict[str, Any], tmp_path: Path
) -> None:
    for variable in ("GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "GITHUB_ENV"):
        place.environment[variable] = str(tmp_path / variable.lower())
    place.environment.update(GITHUB_ACTIONS="true", RUNNER_TEMP=str(tmp_path))
    done = place.run("job-run", **inputs, parameters="mode=raise", source_folder="notebooks")
    assert done.code == 31, done.text
    (line,) = [one for one in done.text.splitlines() if one.startswith("::error")]
    assert line.startswith(f"::error file=notebooks/train.py,line={FILE_LINE}::Run ")
    assert not any(one.startswith("::set-output") for one in done.text.splitlines())
    assert "result-state<<" in (tmp_path / "github_output").read_text()
    assert (
        f"cell {RAISED_IN[0]}, line {RAISED_IN[1]}"
        in (tmp_path / "github_step_summary").read_text()
    )


@pytest.mark.parametrize("who", ["notebook", "parent"])
def test_a_driver_that_dies_is_a_failure(
    who: str, place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    cluster_id = place.add_cluster()
    given = {**inputs, "cluster_id": cluster_id}
    done = place.run("job-run", **given, parameters=f"mode=die\ngate={who}")
    assert done.code == 31, done.text
    assert done.outputs["result-state"] != "SUCCESS"
    assert done.outputs["error"].startswith(f"Run {done.outputs['run-id']} of {name}: ")
    place.post("clusters/permanent-delete", cluster_id=cluster_id)


def test_a_cluster_that_is_terminated_under_a_run_is_a_failure(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    cluster_id = place.add_cluster()
    process = place.start("job-run", **{**inputs, "cluster_id": cluster_id}, parameters="mode=wait")
    place.until_states(process, name, "RUNNING")
    place.post("clusters/delete", cluster_id=cluster_id)
    done = place.end(process, "job-run")
    assert done.code in (31, 32), done.text
    assert done.outputs["result-state"] in ("FAILED", "CANCELED")
    place.post("clusters/permanent-delete", cluster_id=cluster_id)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"life_cycle_state": "INTERNAL_ERROR"}, 31),
        ({"result_state": "TIMEDOUT"}, 33),
        ({"result_state": "CANCELED"}, 32),
        ({"result_state": "SUCCESS_WITH_FAILURES"}, 31),
        ({"result_state": "SUCCESS", "termination_code": "MELTED"}, 34),
        ({"result_state": "GLORIOUS"}, 34),
        ({"life_cycle_state": "VANISHED"}, 34),
    ],
    ids=str,
)
def test_every_other_end_fails_the_step(
    state: dict[str, str], code: int, place: Workplace, inputs: dict[str, Any]
) -> None:
    place.next_run_ends(**state)
    done = place.run("job-run", **inputs)
    assert done.code == code, done.text
    assert done.outputs["run-id"]
    assert done.outputs["result-state"]
    assert done.outputs["error"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_cancels_all_runs_in_time(
    number: signal.Signals, code: int, place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    sweep = "{alpha: [0.5, 0.3, 0.1], mode: wait}"
    process = place.start("job-run", **inputs, sweep=sweep)
    place.until_states(process, name, *["RUNNING"] * 3)
    sent = time.monotonic()
    process.send_signal(number)
    done = place.end(process, "job-run")
    assert time.monotonic() - sent < 7
    assert done.code == code, done.text
    assert place.states(name) == ["CANCELED"] * 3
    for run in place.runs(name):
        assert f"run {run['run_id']}: CANCELED" in done.text
        assert run["run_page_url"] in done.text
    assert done.outputs["result-state"] == "CANCELED"
    assert done.outputs["error"] == f"cancelled by {number.name}"
    released = place.release("job-run", **inputs)
    assert is_fine(released)
    assert "nothing to release" in released.text


def test_a_second_signal_does_not_break_the_cancelling(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    process = place.start("job-run", **inputs, sweep="{alpha: [0.5, 0.3], mode: wait}")
    place.until_states(process, name, *["RUNNING"] * 2)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    done = place.end(process, "job-run")
    assert done.code in (130, 143), done.text
    assert place.states(name) == ["CANCELED"] * 2


def test_a_service_that_hangs_does_not_hold_up_the_end(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    process = place.start("job-run", **inputs, parameters="mode=wait")
    place.until_states(process, name, "RUNNING")
    place.fault(action="delay", path="/api/2.2/jobs/runs/*", seconds=30, times=None, method="*")
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    done = place.end(process, "job-run")
    assert time.monotonic() - sent < 8
    assert done.code == 130, done.text
    place.forget()
    released = place.release("job-run", **inputs)
    assert is_fine(released)
    until(lambda: place.states(name) == ["CANCELED"], "the release step has stopped it")


def test_a_dead_agent_is_cleaned_up_after(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    process = place.start("job-run", **inputs, sweep="{alpha: [0.5, 0.3], mode: wait}")
    place.until_published(process, name, *["RUNNING"] * 2)
    process.kill()
    process.communicate()
    released = place.release("job-run", **inputs)
    assert is_fine(released)
    assert "found 2 active runs of this step, stopped them" in released.text
    assert place.states(name) == ["CANCELED"] * 2
    again = place.release("job-run", **inputs)
    assert is_fine(again)


def test_a_dead_agent_finds_its_run_again_and_judges_it(
    place: Workplace, name: str, inputs: dict[str, Any], tmp_path: Path
) -> None:
    given = {**inputs, "parameters": "mode=wait\nalpha=0.3"}
    process = place.start("job-run", **given)
    place.until_published(process, name, "RUNNING")
    process.kill()
    process.communicate()
    (tmp_path / "gate").touch()
    until(lambda: place.states(name) == ["SUCCESS"], "the run has ended meanwhile")
    started = place.runs(name)[0]["start_time"] / 1000
    until(lambda: time.time() > started + 2.5, "some time has passed")
    done = place.run("job-run", **given)
    assert is_fine(done)
    assert "found this run of the same attempt" in done.text
    assert len(place.runs(name)) == 1
    place.environment["MODELYARD_ATTEMPT"] = "2"
    assert is_fine(place.run("job-run", **given))
    assert len(place.runs(name)) == 2, "another attempt runs anew"


def test_when_time_is_up_the_run_is_cancelled(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    done = place.run("job-run", **inputs, parameters="mode=wait", timeout_minutes="0.02")
    assert done.code == 36, done.text
    assert place.states(name) == ["CANCELED"]


def test_an_unknown_parameter_starts_nothing(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    done = place.run("job-run", **inputs, sweep="{alhpa: [0.5, 0.3]}")
    assert done.code == 2
    assert "declares no parameter alhpa (did you mean alpha?)" in done.text
    assert place.calls("jobs/run-now") == []


@pytest.mark.parametrize("dry_run", ["false", "true"])
def test_a_missing_notebook_makes_nothing(
    dry_run: str, place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    given = {**inputs, "notebook": "/Shared/wine/trian", "dry_run": dry_run}
    done = place.run("job-run", **given)
    assert done.code == 14, done.text
    assert done.text.count("error: there is no notebook /Shared/wine/trian in ") == 1
    assert "(did you mean train?)" in done.text
    assert place.get("jobs/list", name=name).get("jobs", []) == []
    once = place.run("notebook-run", notebook="/Shared/wine", dry_run=dry_run)
    assert once.code == 14, once.text
    assert "/Shared/wine in " in once.text
    assert "is a folder, not a notebook" in once.text
    assert place.calls("jobs/runs/submit") == []


def test_on_a_terminal_nothing_is_left_in_the_temporary_folder(
    place: Workplace, inputs: dict[str, Any], tmp_path: Path
) -> None:
    del place.environment["MODELYARD_JOB"]
    before = set(tmp_path.iterdir())
    done = place.run("job-run", **inputs)
    assert is_fine(done)
    assert "\nruns=[" in done.text
    assert "artifact" not in done.text
    assert set(tmp_path.iterdir()) == before


def test_without_the_folder_for_artifacts_the_result_stands(
    place: Workplace, inputs: dict[str, Any], tmp_path: Path
) -> None:
    for variable in ("GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"):
        place.environment[variable] = str(tmp_path / variable.lower())
    place.environment["GITHUB_ACTIONS"] = "true"
    place.environment.pop("RUNNER_TEMP", None)
    done = place.run("job-run", **inputs, parameters="mode=raise")
    assert done.code == 31, done.text
    assert "::warning::the artifact runs-" in done.text
    assert "RUNNER_TEMP" in done.text


def test_a_dry_run_writes_nothing(place: Workplace, name: str, inputs: dict[str, Any]) -> None:
    done = place.run("job-run", **inputs, sweep="{alpha: [0.5, 0.3]}", dry_run="true")
    assert is_fine(done)
    assert f"job {name}: would create it" in done.text
    assert place.get("jobs/list", name=name).get("jobs", []) == []


def test_a_notebook_is_run_once(place: Workplace, cluster: str) -> None:
    place.fault(action="reset", path="/api/2.2/jobs/runs/submit", when="after")
    done = place.run("notebook-run", notebook=NOTEBOOK, cluster_id=cluster, parameters="alpha=0.2")
    assert is_fine(done)
    run = place.get("jobs/runs/get", run_id=done.outputs["run-id"])
    assert run["run_type"] == "SUBMIT_RUN"
    assert json.loads(done.outputs["metrics"]) == pytest.approx({"rmse": 0.62})
    listed = place.get("jobs/runs/list", run_type="SUBMIT_RUN")["runs"]
    assert [one["run_id"] for one in listed].count(run["run_id"]) == 1
    assert len(listed) == len({one["run_id"] for one in listed}) == 1


def test_a_run_on_a_cluster_of_its_own(place: Workplace, cluster: str) -> None:
    spec = json.dumps(
        {
            "spark_version": "15.4.x-scala2.12",
            "node_type_id": "Standard_DS3_v2",
            "num_workers": 1,
        }
    )
    done = place.run("notebook-run", notebook=NOTEBOOK, new_cluster=spec)
    assert is_fine(done)
    (task,) = place.get("jobs/runs/get", run_id=done.outputs["run-id"])["tasks"]
    own = task["cluster_instance"]["cluster_id"]
    assert own != cluster


def test_runs_are_cancelled_by_id_and_by_job(
    place: Workplace, name: str, inputs: dict[str, Any]
) -> None:
    process = place.start("job-run", **inputs, sweep="{alpha: [0.5, 0.3, 0.1], mode: wait}")
    place.until_states(process, name, *["RUNNING"] * 3)
    first = place.runs(name)[0]["run_id"]
    one = place.run("run-cancel", run_ids=first)
    assert is_fine(one)
    assert json.loads(one.outputs["states"]) == {str(first): "CANCELED"}
    rest = place.run("run-cancel", job=name)
    assert is_fine(rest)
    done = place.end(process, "job-run")
    assert done.code == 32, done.text
    assert "somebody cancelled it" in done.text
    again = place.run("run-cancel", run_ids=done.outputs["run-ids"])
    assert is_fine(again)
    assert "0 cancelled, 3 left alone" in again.text
    assert all(run["state"]["life_cycle_state"] in ENDED for run in place.runs(name))
