"""model-promote against the REST interfaces of the three registries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.execution import execute
from modelyard.operations.model_promote import OPERATION
from unit.conftest import RecordingCI

HOST = "https://adb-1.1.azuredatabricks.net"
NAME = "main.default.wine"
Run = Callable[..., int]
Json = dict[str, Any]


class Registries:
    """Unity Catalog and MLflow's registry of one workspace, in memory."""

    def __init__(self, mocker: mocking.Mocker) -> None:
        self.runs: dict[str, Json] = {}
        self.versions: dict[str, str] = {}
        """Number -> run."""
        self.aliases: dict[str, str] = {}
        self.stages: dict[str, str] = {}
        """Number -> stage."""
        self.writes: list[tuple[str, Json]] = []
        self.before: Callable[[str], None] = lambda path: None
        """Called before each answer to a read of the model; may change things."""
        mocker.register_uri(mocking.ANY, re.compile(f"{HOST}/api/"), json=self._answer)

    def add(self, number: str, rmse: float | None, **params: str) -> None:
        metrics = [] if rmse is None else [{"key": "rmse", "value": rmse}]
        listed = [{"key": name, "value": text} for name, text in params.items()]
        self.runs[f"run-{number}"] = {
            "info": {"run_id": f"run-{number}", "status": "FINISHED"},
            "data": {"metrics": [*metrics, {"key": "mae", "value": 1.0}], "params": listed},
        }
        self.versions[number] = f"run-{number}"

    def _answer(self, request: Any, context: Any) -> Json:
        parts = urlsplit(request.url)
        path = unquote(parts.path).removeprefix("/api/")
        query = {name: one[0] for name, one in parse_qs(parts.query).items()}
        if request.method != "GET":
            self.writes.append((path, request.json()))
        try:
            return self._of(path, query, request)
        except KeyError as error:
            context.status_code = 404
            return {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"no {error}"}

    def _of(self, path: str, query: Json, request: Any) -> Json:
        if path == "2.0/mlflow/runs/get":
            return {"run": self.runs[query["run_id"]]}
        if path.startswith("2.1/unity-catalog/models/"):
            return self._unity(path.removeprefix("2.1/unity-catalog/models/"), query, request)
        if path == "2.0/mlflow/registered-models/get":
            self.before(path)
            latest = [
                {"name": NAME, "version": number, "run_id": run, "current_stage": stage}
                for number, run in self.versions.items()
                if (stage := self.stages.get(number, "None"))
            ]
            aliases = [{"alias": one, "version": number} for one, number in self.aliases.items()]
            return {"registered_model": {"latest_versions": latest, "aliases": aliases}}
        if path == "2.0/mlflow/model-versions/get":
            number = query["version"]
            return {"model_version": {**query, "run_id": self.versions[number]}}
        if path == "2.0/mlflow/model-versions/search":
            wanted = re.fullmatch(f"name = '{NAME}' and run_id = '(.*)'", query["filter"])
            assert wanted, query
            found = [
                {"name": NAME, "version": number, "run_id": run}
                for number, run in self.versions.items()
                if run == wanted[1]
            ]
            return {"model_versions": found}
        if path == "2.0/mlflow/registered-models/alias":
            self.aliases[request.json()["alias"]] = request.json()["version"]
            return {}
        assert path == "2.0/mlflow/databricks/model-versions/transition-stage", path
        moved = request.json()
        assert moved["archive_existing_versions"] is True
        archived = {one: "Archived" for one, at in self.stages.items() if at == moved["stage"]}
        self.stages |= {**archived, moved["version"]: moved["stage"]}
        return {"model_version_databricks": {}}

    def _unity(self, path: str, query: Json, request: Any) -> Json:
        name, _, rest = path.partition("/")
        if name != NAME:
            raise KeyError(name)
        if not rest:
            assert query["include_aliases"] == "true"
            self.before(path)
            aliases = [
                {"alias_name": one, "version_num": int(number)}
                for one, number in self.aliases.items()
            ]
            return {"full_name": NAME, **({"aliases": aliases} if aliases else {})}
        if rest == "versions":
            numbers = list(self.versions)
            start = int(query.get("page_token", 0))
            page = [
                {"version": int(one), "run_id": self.versions[one]}
                for one in numbers[start : start + 1]
            ]
            more = {"next_page_token": str(start + 1)} if numbers[start + 1 :] else {}
            return {"model_versions": page, **more}
        kind, _, last = rest.partition("/")
        if kind == "versions":
            return {"version": int(last), "run_id": self.versions[last]}
        assert (request.method, kind) == ("PUT", "aliases")
        self.aliases[last] = str(request.json()["version_num"])
        return {"alias_name": last, **request.json()}


@pytest.fixture
def registries(requests_mock: mocking.Mocker) -> Registries:
    return Registries(requests_mock)


@pytest.fixture
def run(recording_ci: RecordingCI, clock: FakeClock, registries: Registries) -> Run:
    def call(**inputs: str) -> int:
        recording_ci.outputs.clear()
        recording_ci.inputs = {
            "workspace-url": HOST,
            "token": "made-up-token",
            "registry": "unity-catalog",
            "name": NAME,
            "metric": "rmse",
            "better": "lower",
            "minimum-gain": "0.01",
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        return execute(OPERATION, {}, recording_ci, environment={}, clock=clock)

    return call


REGISTRIES = (
    {"registry": "unity-catalog"},
    {"registry": "mlflow", "champion_as": "alias"},
)


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda one: one["registry"])
def test_an_alias_moves_to_a_better_version(
    run: Run, registries: Registries, recording_ci: RecordingCI, registry: dict[str, str]
) -> None:
    for number, rmse in (("9", 0.8), ("10", 0.7), ("11", 0.6)):
        registries.add(number, rmse)
    registries.aliases = {"champion": "9", "other": "10"}
    assert run(**registry, run_id="run-10") == 0, recording_ci.text
    assert registries.aliases == {"champion": "10", "other": "10"}
    assert recording_ci.outputs == {
        "challenger-version": "10",
        "verdict": "promote",
        "reason": "rmse is better by 0.1",
        "promoted": "true",
        "challenger-metric": "0.7",
        "champion-version": "10",
        "former-version": "9",
        "former-metric": "0.8",
        "gain": "0.1",
    }
    [told] = recording_ci.summaries
    assert "| challenger | 10 | 0.7 |" in told
    assert "| champion | 9 | 0.8 |" in told
    # The same again changes nothing, and isn't a failure whatever fail-on says.
    writes = len(registries.writes)
    assert run(**registry, run_id="run-10", fail_on="keep") == 0
    assert recording_ci.outputs["reason"] == "it is the champion already"
    assert len(registries.writes) == writes


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda one: one["registry"])
def test_a_worse_one_is_kept_out_and_fails_where_asked_to(
    run: Run, registries: Registries, recording_ci: RecordingCI, registry: dict[str, str]
) -> None:
    registries.add("1", 0.5)
    registries.add("2", 0.6)
    registries.aliases = {"best": "1"}
    worse = {**registry, "version": "2", "champion": "best"}
    assert run(**worse) == 0
    assert (recording_ci.outputs["verdict"], recording_ci.outputs["promoted"]) == ("keep", "false")
    assert recording_ci.outputs["champion-version"] == "1"
    assert run(**worse, fail_on="keep") == 48
    assert recording_ci.outputs["verdict"] == "keep"  # also when it fails
    assert registries.writes == []


def test_the_first_one_becomes_the_champion_unless_it_may_not(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    registries.add("1", 0.5)
    assert run(version="1", promote_first="false") == 0
    assert (recording_ci.outputs["verdict"], registries.aliases) == ("no-champion", {})
    assert "champion-version" not in recording_ci.outputs
    assert run(version="1", fail_on="no-champion\nkeep") == 48
    assert "leave no-champion out of fail-on" in recording_ci.annotations[-1].text
    assert registries.aliases == {}
    assert run(version="1") == 0
    assert (recording_ci.outputs["verdict"], registries.aliases) == (
        "no-champion",
        {"champion": "1"},
    )
    assert recording_ci.outputs["champion-version"] == "1"


def test_what_can_not_be_compared_fails_unless_the_input_says_otherwise(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    registries.add("1", None)
    registries.add("2", 0.5)
    registries.aliases = {"champion": "1"}
    assert run(version="2") == 48
    assert recording_ci.outputs["verdict"] == "incomparable"
    assert "the champion, has no metric rmse; it has mae" in recording_ci.text
    assert run(version="2", fail_on="[]") == 0
    registries.runs.clear()
    registries.add("2", 0.5)
    assert run(version="2") == 48
    assert "run-1 doesn't exist in this workspace" in recording_ci.text
    registries.add("1", 0.9, data="june")
    assert run(version="2", comparable_on="data") == 48
    assert registries.writes == []


def test_a_dry_run_says_what_it_would_do(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    registries.add("1", 0.5)
    registries.add("2", 0.4)
    registries.aliases = {"champion": "1"}
    assert run(version="2", dry_run="true") == 0
    assert registries.writes == []
    outputs = recording_ci.outputs
    assert (outputs["verdict"], outputs["promoted"]) == ("promote", "true")
    assert outputs["champion-version"] == "1"
    assert f"{NAME} version 2 would get the alias champion" in recording_ci.text


def test_a_stage_is_the_mark_in_the_workspaces_registry(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    registries.add("1", 0.5)
    registries.add("2", 0.4)
    registries.stages = {"1": "Production"}
    assert run(registry="mlflow", version="2") == 0, recording_ci.text
    assert registries.stages == {"1": "Archived", "2": "Production"}
    assert recording_ci.outputs["former-version"] == "1"


def test_another_job_that_promotes_in_between_is_compared_with(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    """Read by us, moved by the other, read again right before our change."""
    for number, rmse in (("1", 0.9), ("2", 0.5), ("3", 0.3)):
        registries.add(number, rmse)
    registries.aliases = {"champion": "1"}
    reads: list[str] = []

    def other_job(path: str) -> None:
        reads.append(path)
        if len(reads) == 2:
            registries.aliases["champion"] = "3"

    registries.before = other_job
    assert run(version="2") == 0
    assert registries.writes == []
    assert recording_ci.outputs["verdict"] == "keep"
    assert recording_ci.outputs["champion-version"] == "3"
    assert "another job has changed the alias champion: comparing anew" in recording_ci.text


def test_a_worse_one_that_came_right_after_ours_gives_way(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    for number, rmse in (("1", 0.9), ("2", 0.5), ("3", 0.7)):
        registries.add(number, rmse)
    registries.aliases = {"champion": "1"}
    reads: list[str] = []

    def other_job(path: str) -> None:
        reads.append(path)
        if len(reads) == 3:
            registries.aliases["champion"] = "3"

    registries.before = other_job
    assert run(version="2") == 0
    assert registries.aliases["champion"] == "2"
    assert recording_ci.outputs["former-version"] == "3"


def test_jobs_that_never_agree_end_in_an_error(
    run: Run, registries: Registries, recording_ci: RecordingCI
) -> None:
    for number, rmse in (("1", 0.9), ("2", 0.5), ("3", 0.7)):
        registries.add(number, rmse)
    turn = iter("13" * 20)
    registries.before = lambda path: registries.aliases.update(champion=next(turn))
    assert run(version="2") == 17
    assert "has changed 5 times" in recording_ci.text


@pytest.mark.parametrize(
    ("inputs", "code", "says"),
    [
        ({}, 2, "exactly one of version and run-id"),
        ({"version": "1", "run_id": "run-1"}, 2, "exactly one of version and run-id"),
        ({"version": "latest"}, 2, "version is 'latest'"),
        ({"version": "1", "name": "wine"}, 2, "no name in Unity Catalog"),
        ({"version": "1", "minimum_gain": "-1"}, 2, "minimum-gain is -1"),
        ({"version": "1", "fail_on": "promote"}, 2, "fail-on has 'promote'"),
        ({"version": "1", "champion_as": "stage"}, 2, "unity-catalog doesn't have"),
        ({"version": "1", "metric": "rsme"}, 40, "it has mae, rmse"),
        ({"version": "8"}, 14, "no '8'"),
        ({"version": "1", "name": "main.default.beer"}, 14, "no 'main.default.beer'"),
        ({"run_id": "run-8"}, 14, "comes from the run run-8"),
    ],
)
def test_what_is_wrong_is_one_clear_error(
    run: Run,
    registries: Registries,
    recording_ci: RecordingCI,
    inputs: dict[str, str],
    code: int,
    says: str,
) -> None:
    registries.add("1", 0.5)
    assert run(**inputs) == code
    assert says in recording_ci.text
    assert registries.writes == []
    assert "verdict" not in json.dumps(recording_ci.outputs)
