from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.errors import Cancelled
from modelyard.execution import execute, release
from modelyard.operations.cluster_start import OPERATION
from unit.cluster_workspace import HOST, ClusterWorkspace

NEW = {
    "cluster-name": "ml",
    "spark-version": "15.4.x-cpu-ml-scala2.12",
    "node-type": "Standard_DS3_v2",
    "num-workers": "2",
    "autotermination-minutes": "30",
}
ENVIRONMENT = {"DATABRICKS_HOST": HOST, "DATABRICKS_TOKEN": "made-up-token-1234"}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


class Job:
    """One step of a job: ``run`` it, then ``release`` what it kept."""

    def __init__(self, ci: Any, clock: FakeClock) -> None:
        self.ci = ci
        self.clock = clock

    def run(self, given: dict[str, str], **environment: str) -> int:
        return execute(
            OPERATION, given, self.ci, environment={**ENVIRONMENT, **environment}, clock=self.clock
        )

    def release(self, given: dict[str, str]) -> int:
        return release(OPERATION, given, self.ci, environment=ENVIRONMENT, clock=self.clock)


@pytest.fixture
def job(recording_ci: Any, clock: FakeClock) -> Job:
    return Job(recording_ci, clock)


def test_a_cluster_that_is_not_there_is_created_and_ready(
    workspace: ClusterWorkspace, job: Job
) -> None:
    assert job.run(NEW) == 0
    (body,) = workspace.asked("clusters/create")
    assert body.pop("custom_tags").keys() == {"modelyard-token"}
    assert body == {
        "cluster_name": "ml",
        "spark_version": "15.4.x-cpu-ml-scala2.12",
        "node_type_id": "Standard_DS3_v2",
        "num_workers": 2,
        "autotermination_minutes": 30,
    }
    (cluster_id,) = workspace.clusters
    assert job.ci.outputs == {
        "cluster-id": cluster_id,
        "cluster-url": f"{HOST}/compute/clusters/{cluster_id}",
        "state": "RUNNING",
        "created": "true",
        "action": "created",
    }
    assert f"cluster ml ({cluster_id}): created" in job.ci.text


def test_the_id_is_an_output_before_the_wait(workspace: ClusterWorkspace, job: Job) -> None:
    workspace.on_start = [{"state": "HIBERNATING"}]
    assert job.run(NEW) == 34
    assert job.ci.outputs["cluster-id"] in workspace.clusters
    assert "HIBERNATING" in job.ci.outputs["error"]


def test_one_that_fits_and_runs_is_left_alone_and_never_stopped(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.add("ml")
    assert job.run(NEW) == 0
    assert job.ci.outputs["action"] == "left-alone"
    assert job.ci.outputs["created"] == "false"
    assert "running already, left alone" in job.ci.text
    assert job.release(NEW) == 0
    assert workspace.calls == []


def test_one_that_is_terminated_is_started_and_stopped_at_the_end(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED")
    assert job.run(NEW) == 0
    assert job.ci.outputs["action"] == "started"
    assert job.ci.outputs["created"] == "false"
    assert job.release(NEW) == 0
    assert workspace.clusters[cluster_id]["state"] == "TERMINATED"
    assert "clusters/permanent-delete" not in [path for path, _ in workspace.calls]


def test_an_id_is_enough(workspace: ClusterWorkspace, job: Job) -> None:
    cluster_id = workspace.add("whatever", "TERMINATED")
    assert job.run({"cluster-id": cluster_id}) == 0
    assert job.ci.outputs["action"] == "started"
    assert job.run({"cluster-id": "0000-000000-nothing"}) == 14


def test_two_of_one_name_start_nothing(workspace: ClusterWorkspace, job: Job) -> None:
    ids = [workspace.add("ml", "TERMINATED"), workspace.add("ml", "TERMINATED")]
    assert job.run(NEW) == 16
    assert all(one in job.ci.outputs["error"] for one in ids)
    assert workspace.calls == []


def test_a_difference_is_mended_and_told_and_the_cluster_restarts(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml", spark_conf={"a": "1"})
    assert job.run({**NEW, "num-workers": "3"}) == 0
    (body,) = workspace.asked("clusters/edit")
    assert body["cluster_id"] == cluster_id
    assert body["num_workers"] == 3
    assert body["spark_conf"] == {"a": "1"}
    assert job.ci.outputs["action"] == "updated"
    assert "num_workers 2, asked for 3" in job.ci.text
    assert "updated, it restarts" in job.ci.text
    assert job.release(NEW) == 0, "it ran before: it isn't ours to stop"
    assert workspace.clusters[cluster_id]["state"] == "RUNNING"


def test_a_lost_answer_to_an_update_is_no_failure(workspace: ClusterWorkspace, job: Job) -> None:
    cluster_id = workspace.add("ml")
    workspace.lose("clusters/edit", "after")
    assert job.run({**NEW, "num-workers": "3"}) == 0
    assert workspace.clusters[cluster_id]["num_workers"] == 3
    assert job.ci.outputs["action"] == "updated"


def test_an_update_that_is_refused_is_told(workspace: ClusterWorkspace, job: Job) -> None:
    workspace.add("ml")
    workspace.answer_once("clusters/edit", 400, error_code="INVALID_STATE", message="not now")
    assert job.run({**NEW, "num-workers": "3"}) == 17
    assert "not now" in job.ci.outputs["error"]


def test_a_terminated_one_is_updated_and_then_started(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.add("ml", "TERMINATED")
    assert job.run({**NEW, "num-workers": "3"}) == 0
    assert [path for path, _ in workspace.calls] == ["clusters/edit", "clusters/start"]
    assert job.ci.outputs["action"] == "updated"


def test_a_difference_waits_until_the_cluster_can_be_edited(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml", "PENDING")
    workspace.coming[cluster_id] = [{}, {}, {"state": "RUNNING"}]
    assert job.run({**NEW, "num-workers": "3"}) == 0
    assert len(workspace.asked("clusters/edit")) == 1


@pytest.mark.parametrize(("choice", "code"), [("leave", 0), ("fail", 15)])
def test_a_difference_may_be_left_or_fail(
    workspace: ClusterWorkspace, job: Job, choice: str, code: int
) -> None:
    workspace.add("ml")
    assert job.run({**NEW, "num-workers": "3", "on-difference": choice}) == code
    assert "num_workers 2, asked for 3" in job.ci.text
    assert workspace.calls == []


def test_a_suffix_of_a_variable_makes_a_cluster_for_this_run_that_is_deleted_after(
    workspace: ClusterWorkspace, job: Job
) -> None:
    given = {**NEW, "name-suffix": "ENV_BUILD_BUILDID"}
    assert job.run(given, BUILD_BUILDID="77") == 0
    assert workspace.names == ["ml-77"]
    assert job.release(given) == 0
    assert workspace.clusters == {}


@pytest.mark.parametrize("environment", [{}, {"BUILD_BUILDID": ""}, {"BUILD_BUILDID": " "}])
def test_a_suffix_of_an_empty_variable_is_an_error(
    workspace: ClusterWorkspace, job: Job, environment: dict[str, str]
) -> None:
    assert job.run({**NEW, "name-suffix": "ENV_BUILD_BUILDID"}, **environment) == 2
    assert "BUILD_BUILDID" in job.ci.outputs["error"]
    assert workspace.clusters == {}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "no cluster is named"),
        ({"cluster-id": "1", "cluster-name": "ml"}, "cluster-id is given, and cluster-name"),
        ({**NEW, "policy-id": "a", "policy-name": "b"}, "policy-id and policy-name"),
        (
            {**NEW, "instance-pool-id": "a", "instance-pool-name": "b"},
            "instance-pool-id and instance-pool-name",
        ),
        ({**NEW, "min-workers": "1", "max-workers": "2"}, "num-workers is given, and min-workers"),
        ({**NEW, "single-node": "true"}, "single-node is true"),
        ({**NEW, "instance-pool-id": "p"}, "node_type_id comes from the instance pool"),
        ({**NEW, "spec": '{"nodetype": "x"}'}, "spec has the field nodetype"),
        ({**NEW, "spark-conf": "[a]"}, "spark-conf isn't a mapping"),
        ({**NEW, "libraries": "x==1"}, "libraries is neither a list"),
        ({"cluster-name": "ml", "num-workers": "1"}, "spark-version, node-type"),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_is_created(
    workspace: ClusterWorkspace, job: Job, given: dict[str, str], complaint: str
) -> None:
    assert job.run(given) == 2
    assert complaint in job.ci.outputs["error"]
    assert workspace.calls == []


def test_inputs_override_the_spec(workspace: ClusterWorkspace, job: Job) -> None:
    spec = {
        "cluster_name": "from-spec",
        "spark_version": "16.4.x-scala2.12",
        "node_type_id": "Standard_DS4_v2",
        "autoscale": {"min_workers": 1, "max_workers": 8},
        "autotermination_minutes": 60,
        "azure_attributes": {"availability": "SPOT_WITH_FALLBACK_AZURE"},
    }
    given = {
        "spec": json.dumps(spec),
        "num-workers": "2",
        "driver-node-type": "Standard_DS3_v2",
        "spark-conf": "spark.databricks.delta.preview.enabled: true",
        "spark-env": "PYSPARK_PYTHON: /databricks/python3/bin/python3",
        "custom-tags": '{"team": "ml"}',
        "init-scripts": "/Users/a/one.sh\ndbfs:/two.sh",
        "elastic-disk": "true",
        "data-security-mode": "SINGLE_USER",
        "single-user-name": "somebody@example.org",
    }
    assert job.run(given) == 0
    (body,) = workspace.asked("clusters/create")
    assert body.pop("custom_tags")["team"] == "ml"
    assert body == {
        "cluster_name": "from-spec",
        "spark_version": "16.4.x-scala2.12",
        "node_type_id": "Standard_DS4_v2",
        "driver_node_type_id": "Standard_DS3_v2",
        "num_workers": 2,
        "autotermination_minutes": 60,
        "azure_attributes": {"availability": "SPOT_WITH_FALLBACK_AZURE"},
        "spark_conf": {"spark.databricks.delta.preview.enabled": "true"},
        "spark_env_vars": {"PYSPARK_PYTHON": "/databricks/python3/bin/python3"},
        "init_scripts": [
            {"workspace": {"destination": "/Users/a/one.sh"}},
            {"dbfs": {"destination": "dbfs:/two.sh"}},
        ],
        "enable_elastic_disk": True,
        "data_security_mode": "SINGLE_USER",
        "single_user_name": "somebody@example.org",
    }


def test_a_pool_and_a_policy_may_be_named(workspace: ClusterWorkspace, job: Job) -> None:
    workspace.pools["p1"] = {
        "instance_pool_id": "p1",
        "instance_pool_name": "training",
        "state": "ACTIVE",
    }
    policy_id = workspace.add_policy("small", {"num_workers": {"type": "range", "maxValue": 2}})
    given = {name: value for name, value in NEW.items() if name != "node-type"}
    given |= {"instance-pool-name": "training", "policy-name": "small"}
    assert job.run(given) == 0
    (body,) = workspace.asked("clusters/create")
    assert body["instance_pool_id"] == "p1"
    assert body["policy_id"] == policy_id
    assert body["apply_policy_default_values"] is True


def test_a_broken_policy_is_told_before_anything_is_created(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.add_policy("small", {"num_workers": {"type": "range", "maxValue": 1}})
    assert job.run({**NEW, "policy-name": "small"}) == 22
    assert "num_workers: 2 isn't allowed (range:  to 1)" in job.ci.outputs["error"]
    assert workspace.clusters == {}
    assert job.ci.state == {}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"autotermination-minutes": "0"}, "would run for ever"),
        ({"max-autotermination-minutes": "20"}, "max-autotermination-minutes is 20"),
        ({"max-workers-allowed": "1"}, "max-workers-allowed is 1"),
    ],
)
def test_the_limits_hold_before_anything_is_created(
    workspace: ClusterWorkspace, job: Job, change: dict[str, str], complaint: str
) -> None:
    assert job.run({**NEW, **change}) == 22
    assert complaint in job.ci.outputs["error"]
    assert workspace.clusters == {}


def test_one_that_would_never_terminate_is_not_started_unless_allowed(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml", "TERMINATED", autotermination_minutes=0)
    assert job.run({"cluster-id": cluster_id}) == 22
    assert workspace.calls == []
    assert job.run({"cluster-id": cluster_id, "allow-no-autotermination": "true"}) == 0


def test_another_workspace_than_the_allowed_ones_gets_no_request(
    workspace: ClusterWorkspace, job: Job
) -> None:
    given = {**NEW, "allowed-workspaces": "https://adb-2.2.azuredatabricks.net"}
    assert job.run(given) == 23
    assert workspace.reads == []


def test_what_the_workspace_does_not_offer_is_told_before(
    workspace: ClusterWorkspace, job: Job
) -> None:
    assert job.run({**NEW, "node-type": "Standard_DS3"}) == 2
    assert "did you mean Standard_DS3_v2" in job.ci.outputs["error"]
    assert workspace.clusters == {}


def test_libraries_are_installed_and_ready_means_all_of_them(
    workspace: ClusterWorkspace, job: Job
) -> None:
    assert job.run({**NEW, "libraries": '["scikit-learn==1.5.0", "mlflow"]'}) == 0
    (body,) = workspace.asked("libraries/install")
    assert [one["pypi"]["package"] for one in body["libraries"]] == [
        "scikit-learn==1.5.0",
        "mlflow",
    ]
    assert "installing pypi scikit-learn==1.5.0" in job.ci.text


def test_libraries_that_are_there_are_not_installed_again(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml")
    library = {"pypi": {"package": "mlflow"}}
    workspace.libraries[cluster_id] = [{"library": library, "status": "INSTALLED"}]
    assert job.run({**NEW, "libraries": "[mlflow]"}) == 0
    assert workspace.calls == []


def test_a_library_that_fails_fails_the_step_and_the_cluster_is_stopped_at_the_end(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.library_outcome = lambda _: {"status": "FAILED", "messages": ["no such version"]}
    given = {**NEW, "libraries": "[mlflow==99]"}
    assert job.run(given) == 35
    assert "no such version" in job.ci.outputs["error"]
    assert job.release(given) == 0
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


def test_a_library_that_was_there_and_failed_is_not_ready_either(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml")
    broken = {"library": {"pypi": {"package": "x"}}, "status": "FAILED", "messages": ["why"]}
    workspace.libraries[cluster_id] = [broken]
    assert job.run(NEW) == 35


def test_a_start_that_fails_tells_why(workspace: ClusterWorkspace, job: Job) -> None:
    reason = {"code": "BOOTSTRAP_TIMEOUT", "type": "SERVICE_FAULT", "parameters": {"node": "n1"}}
    workspace.on_start = [
        {"state": "PENDING"},
        {"state": "TERMINATED", "termination_reason": reason},
    ]
    assert job.run(NEW) == 30
    assert "BOOTSTRAP_TIMEOUT (SERVICE_FAULT): node=n1" in job.ci.outputs["error"]


def test_the_wait_ends(workspace: ClusterWorkspace, job: Job) -> None:
    workspace.on_start = []
    assert job.run({**NEW, "timeout-minutes": "5"}) == 36
    assert "still PENDING after 5 m 00 s" in job.ci.outputs["error"]
    assert job.release(NEW) == 0
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


def test_a_lost_answer_makes_one_cluster_which_is_ours(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.lose("clusters/create", "after")
    assert job.run(NEW) == 0
    assert workspace.names == ["ml"]
    assert job.ci.outputs["created"] == "true"


def test_the_same_attempt_finds_its_cluster_again_after_a_dead_agent(
    workspace: ClusterWorkspace, job: Job
) -> None:
    assert job.run(NEW) == 0
    job.ci.state.clear()
    job.ci.outputs.clear()
    assert job.run(NEW) == 0
    assert workspace.names == ["ml"]
    assert job.ci.outputs["created"] == "true"
    assert job.release(NEW) == 0, "so it is still stopped at the end"
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


def test_a_process_that_dies_before_it_knows_the_id_leaves_nothing_behind(
    workspace: ClusterWorkspace, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = workspace._clusters_create

    def create_and_die(arguments: dict[str, Any]) -> Any:
        original(arguments)
        raise Cancelled(15)

    monkeypatch.setattr(workspace, "_clusters_create", create_and_die)
    assert job.run(NEW) == 143
    assert "cluster_id" not in job.ci.state
    assert job.release(NEW) == 0
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


class Cancellation:
    """SIGINT during a pause, once; remembers when, and when the terminate call came."""

    def __init__(self, clock: FakeClock, workspace: ClusterWorkspace, after: float) -> None:
        self.at = 0.0
        self.terminated_at = 0.0
        self._clock = clock
        self._after = after
        self._sleep = clock.sleep
        self._delete = workspace._clusters_delete

    def sleep(self, pause: float) -> None:
        self._sleep(pause)
        if not self.at and sum(self._clock.slept) >= self._after:
            self.at = self._clock.time()
            raise Cancelled(2)

    def delete(self, arguments: dict[str, Any]) -> Any:
        self.terminated_at = self._clock.time()
        return self._delete(arguments)


@pytest.fixture
def cancellation(
    workspace: ClusterWorkspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Cancellation:
    one = Cancellation(clock, workspace, after=3)
    monkeypatch.setattr(clock, "sleep", one.sleep)
    monkeypatch.setattr(workspace, "_clusters_delete", one.delete)
    return one


def test_a_cancelled_start_sends_the_terminate_call_within_seven_seconds(
    workspace: ClusterWorkspace, job: Job, cancellation: Cancellation
) -> None:
    workspace.on_start = []
    workspace.answer_once("clusters/delete", 503)
    assert job.run(NEW) == 130
    assert 0 <= cancellation.terminated_at - cancellation.at <= 7
    assert "told to terminate" in job.ci.text
    assert job.release(NEW) == 0
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


def test_a_cancelled_wait_for_libraries_does_so_too(
    workspace: ClusterWorkspace, job: Job, cancellation: Cancellation
) -> None:
    workspace.on_start = [{"state": "RUNNING"}]
    workspace.library_outcome = lambda _: {"status": "PENDING"}
    assert job.run({**NEW, "libraries": "[mlflow]"}) == 130
    assert 0 <= cancellation.terminated_at - cancellation.at <= 7


def test_what_ran_before_is_not_terminated_by_a_cancellation(
    workspace: ClusterWorkspace, job: Job, cancellation: Cancellation
) -> None:
    cluster_id = workspace.add("ml", "RUNNING")
    workspace.coming[cluster_id] = [{}, {"state": "RESTARTING"}]
    assert job.run(NEW) == 130
    assert workspace.calls == []


def test_a_terminate_call_that_fails_on_cancellation_is_told_not_raised(
    workspace: ClusterWorkspace, job: Job, cancellation: Cancellation
) -> None:
    workspace.on_start = []
    workspace.answer_once("clusters/delete", 403, error_code="PERMISSION_DENIED", message="no")
    assert job.run(NEW) == 130
    assert any("the end of the job tries it again" in text for text in job.ci.warnings())


@pytest.mark.parametrize(
    ("choice", "suffix", "left"),
    [
        ("auto", "", {"ml": "TERMINATED"}),
        ("auto", "7", {}),
        ("terminate", "7", {"ml-7": "TERMINATED"}),
        ("permanent-delete", "", {}),
        ("none", "7", {"ml-7": "RUNNING"}),
    ],
)
def test_what_happens_to_a_created_cluster_at_the_end(
    workspace: ClusterWorkspace, job: Job, choice: str, suffix: str, left: dict[str, str]
) -> None:
    given = {**NEW, "release": choice, "name-suffix": suffix}
    assert job.run(given) == 0
    assert job.release(given) == 0
    assert {one["cluster_name"]: one["state"] for one in workspace.clusters.values()} == left


def test_a_cluster_that_was_only_started_is_never_deleted(
    workspace: ClusterWorkspace, job: Job
) -> None:
    workspace.add("ml", "TERMINATED")
    given = {**NEW, "release": "permanent-delete"}
    assert job.run(given) == 0
    assert job.release(given) == 0
    assert [one["state"] for one in workspace.clusters.values()] == ["TERMINATED"]


def test_a_cluster_whose_mark_somebody_removed_is_still_stopped(
    workspace: ClusterWorkspace, job: Job
) -> None:
    assert job.run(NEW) == 0
    (cluster,) = workspace.clusters.values()
    del cluster["custom_tags"]
    assert job.release(NEW) == 0
    assert cluster["state"] == "TERMINATED"


def test_a_cluster_that_dies_when_the_last_library_is_there_is_not_ready(
    workspace: ClusterWorkspace, job: Job
) -> None:
    cluster_id = workspace.add("ml")

    def install_and_die(_: dict[str, Any]) -> dict[str, Any]:
        reason = {"code": "DRIVER_OUT_OF_MEMORY", "type": "CLIENT_ERROR"}
        workspace.coming[cluster_id] = [{}, {"state": "TERMINATED", "termination_reason": reason}]
        return {"status": "INSTALLED"}

    workspace.library_outcome = install_and_die
    assert job.run({**NEW, "libraries": "[mlflow]"}) == 30
    assert "DRIVER_OUT_OF_MEMORY" in job.ci.outputs["error"]
    assert job.ci.outputs["state"] == "TERMINATED"


def test_the_release_step_uninstalls_nothing(workspace: ClusterWorkspace, job: Job) -> None:
    given = {**NEW, "libraries": "[mlflow]"}
    assert job.run(given) == 0
    assert job.release(given) == 0
    assert workspace.asked("libraries/uninstall") == []


def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(
    workspace: ClusterWorkspace, job: Job
) -> None:
    given = {**NEW, "dry-run": "true", "libraries": "[mlflow]"}
    assert job.run(given) == 0
    assert "cluster ml: would create it" in job.ci.text
    assert "would install pypi mlflow" in job.ci.text
    workspace.add("ml", "TERMINATED")
    assert job.run(given) == 0
    assert "would start it" in job.ci.text
    assert job.run({**given, "num-workers": "3"}) == 0
    assert "would update it" in job.ci.text
    assert workspace.calls == []
    assert job.ci.state == {}


def test_a_dry_run_refuses_what_the_run_would_refuse(workspace: ClusterWorkspace, job: Job) -> None:
    assert job.run({**NEW, "dry-run": "true", "max-workers-allowed": "1"}) == 22


def test_the_token_is_in_no_log_output_or_state(workspace: ClusterWorkspace, job: Job) -> None:
    workspace.answer_once("clusters/list", 400, message="bad made-up-token-1234", error_code="X")
    assert job.run(NEW) == 17
    shown = [job.ci.text, *job.ci.outputs.values(), *job.ci.state.values()]
    assert not any("made-up-token-1234" in text for text in shown)
