"""Runs of pipelines in the local Azure DevOps, by the unmodified package; approvals by REST, since
the package has no client for them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.approvals import APPROVAL
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.devops.projects import REVIEWER

CLOUD_SERVICES = ("entra", "devops")
HOME = f"https://dev.azure.com/{ORGANIZATION}"
PEOPLE = f"https://vssps.dev.azure.com/{ORGANIZATION}/_apis/identities"
BUILDS = "/local/_apis/build/builds"
CLIENT = """
import io, json, os, sys, zipfile
import requests
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.build import models as build
from azure.devops.v7_1.pipelines import models as pipelines
from msrest.authentication import BasicAuthentication

clients = Connection(sys.argv[1], BasicAuthentication("", sys.argv[2])).clients_v7_1
builds, runs = clients.get_build_client(), clients.get_pipelines_client()


def refused(call, *arguments):
    try:
        call(*arguments)
    except AzureDevOpsServiceError as error:
        return error.type_key


def agent(method, path, **body):
    url = f"{sys.argv[3]}/modelyard/devops/projects/local/builds/{path}"
    headers = json.loads(os.environ["ADMIN"])
    answer = requests.request(method, url, json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text


number = int(sys.argv[4])
assert refused(builds.queue_build, build.Build(), "local") == "InvalidRequestException"
queued = builds.queue_build(build.Build(definition={"id": number}, source_branch="a"), "local")
assert (queued.status, queued.definition.name, queued.result) == ("notStarted", "train", None)
agent("PATCH", queued.id, status="inProgress")
agent("POST", f"{queued.id}/records", name="Job", type="Job", state="inProgress")
agent("POST", f"{queued.id}/records", name="Train", parent="Job", log=["one", "two", "three"])
files = {"model/a.txt": "Y29udGVudA=="}
agent("POST", f"{queued.id}/artifacts", name="model", files=files)
agent("POST", f"{queued.id}/records", name="Job", type="Job")
agent("PATCH", queued.id, status="completed", result="succeeded")

done = builds.get_build("local", queued.id)
assert (done.status, done.result) == ("completed", "succeeded") and done.finish_time
job, train = builds.get_build_timeline("local", queued.id).records
assert (job.name, job.state, train.parent_id, train.log.id) == ("Job", "completed", job.id, 1)
(log,) = builds.get_build_logs("local", queued.id)
assert log.line_count == 3
assert builds.get_build_log_lines("local", queued.id, 1, start_line=2) == ["two", "three"]
assert b"".join(builds.get_build_log("local", queued.id, 1)) == b"one\\ntwo\\nthree\\n"
assert refused(builds.get_build_log_lines, "local", queued.id, 2) == "BuildLogNotFoundException"
assert builds.add_build_tag("local", queued.id, "champion") == ["champion"]
assert builds.get_build_tags("local", queued.id) == ["champion"]
(artifact,) = builds.get_artifacts("local", queued.id)
assert builds.get_artifact("local", queued.id, "model").id == artifact.id
assert refused(builds.get_artifact, "local", queued.id, "other") == "ArtifactNotFoundException"
content = b"".join(builds.get_artifact_content_zip("local", queued.id, "model"))
with zipfile.ZipFile(io.BytesIO(content)) as archive:
    assert archive.read("model/model/a.txt") == b"content"

fetched = lambda one: requests.get(one.signed_content.url, timeout=30)
signed = {"expand": "signedContent"}
(line,) = runs.list_logs("local", number, queued.id, **signed).logs
assert (line.id, line.line_count) == (1, 3) and fetched(line).text == "one\\ntwo\\nthree\\n"
assert runs.get_log("local", number, queued.id, 1).signed_content is None
assert fetched(runs.get_log("local", number, queued.id, 1, **signed)).text == fetched(line).text
assert requests.get(line.signed_content.url + "0", timeout=30).status_code == 401
assert requests.get(line.signed_content.url.partition("?")[0], timeout=30).status_code == 401
assert refused(runs.get_log, "local", number, queued.id, 2) == "LogNotFoundException"
model = runs.get_artifact("local", number, queued.id, "model", **signed)
with zipfile.ZipFile(io.BytesIO(fetched(model).content)) as archive:
    assert archive.read("model/model/a.txt") == b"content"
assert refused(runs.get_artifact, "local", number, queued.id, "o") == "ArtifactNotFoundException"

parameters = pipelines.RunPipelineParameters(
    variables={"s": pipelines.Variable(is_secret=True, value="made-up-1")},
    template_parameters={"dataset": "wine"},
)
run = runs.run_pipeline(parameters, "local", number)
assert (run.state, run.pipeline.name, run.variables["s"].value) == ("unknown", "train", None)
assert runs.get_run("local", number, run.id).template_parameters == {"dataset": "wine"}
assert [one.id for one in runs.list_runs("local", number)] == [run.id, queued.id]
assert builds.update_build(build.Build(status="cancelling"), "local", run.id).result == "canceled"
again = build.Build(status="cancelling")
assert refused(builds.update_build, again, "local", run.id) == "BuildStatusInvalidChangeException"
ids = lambda **asked: [one.id for one in builds.get_builds("local", **asked)]
assert ids() == [run.id, queued.id]
assert ids(tag_filters=["champion"]) == ids(branch_name="a") == [queued.id]
assert ids(result_filter="canceled") == ids(top=1) == [run.id]
"""


@pytest.fixture
def ask(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Callable[..., Any]:
    """A call as one of the people; what it is told, or the status of a refusal."""
    service = cloud.services["devops"]
    service.reset()

    def call(method: str, path: str, body: Any = None, *, person: str = "") -> Any:
        more = {"person": person} if person else {}
        token = service.organization.personal_token(**more)  # type: ignore[attr-defined]
        url = path if "://" in path else f"{HOME}{path}"
        answer = requests.request(method, url, json=body, auth=("", token), timeout=30)
        return answer.json() if answer.ok else answer.status_code

    return call


@pytest.fixture
def pipeline(ask: Callable[..., Any]) -> int:
    """The number of one."""
    body = {
        "name": "train",
        "process": {"type": 2, "yamlFilename": "train.yml"},
        "repository": {"type": "TfsGit", "id": "local"},
    }
    return int(ask("POST", "/local/_apis/build/definitions", body)["id"])


def test_runs_with_the_real_client(
    cloud: LocalCloud, cloud_environment: dict[str, str], pipeline: int
) -> None:
    token = cloud.services["devops"].organization.personal_token()  # type: ignore[attr-defined]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, HOME, token, cloud.url, str(pipeline)],
        env={**cloud_environment, "ADMIN": json.dumps(dict(cloud.admin_headers))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def waiting(cloud: LocalCloud, ask: Callable[..., Any], pipeline: int) -> Callable[..., Any]:
    """A run that has come to an environment with an approval: its number and what is asked."""

    def come(**settings: Any) -> tuple[int, str]:
        environments = "/local/_apis/distributedtask/environments"
        environment = ask("POST", environments, {"name": "production"})
        reviewer = ask("GET", f"{PEOPLE}?filterValue={REVIEWER}")["value"][0]["id"]
        check = {
            "type": {"id": APPROVAL},
            "resource": {"type": "environment", "id": str(environment["id"])},
            "timeout": 60,
            "settings": {"approvers": [{"id": reviewer}], **settings},
        }
        ask("POST", "/local/_apis/pipelines/checks/configurations", check)
        number = ask("POST", BUILDS, {"definition": {"id": pipeline}})["id"]
        agent(cloud, "PATCH", number, {"status": "inProgress"})
        place = f"{number}/environments"
        (asked,) = agent(cloud, "POST", place, {"environment": "Production"}).json()["value"]
        assert asked["status"] == "pending"
        return number, asked["id"]

    return come


def agent(cloud: LocalCloud, method: str, path: object, body: Any) -> requests.Response:
    url = f"{cloud.url}/modelyard/devops/projects/local/builds/{path}"
    return requests.request(method, url, json=body, headers=cloud.admin_headers, timeout=30)


def decide(ask: Callable[..., Any], approval: str, status: str, person: str = REVIEWER) -> Any:
    body = [{"approvalId": approval, "status": status, "comment": "seen"}]
    return ask("PATCH", "/local/_apis/pipelines/approvals", body, person=person)


def test_a_run_waits_until_it_is_approved(
    cloud: LocalCloud, ask: Callable[..., Any], waiting: Callable[..., Any]
) -> None:
    number, approval = waiting()
    end = {"status": "completed", "result": "succeeded"}
    assert agent(cloud, "PATCH", number, end).status_code == 400
    (record,) = ask("GET", f"{BUILDS}/{number}/timeline")["records"]
    assert (record["type"], record["state"]) == ("Checkpoint.Approval", "inProgress")
    assert decide(ask, approval, "approved", person="") == 403  # no approver

    (decided,) = decide(ask, approval, "approved")["value"]
    assert (decided["status"], decided["steps"][0]["comment"]) == ("approved", "seen")
    assert decide(ask, approval, "rejected") == 400
    place = f"{number}/environments"
    (again,) = agent(cloud, "POST", place, {"environment": "production"}).json()["value"]
    assert (again["id"], again["status"]) == (approval, "approved")
    assert agent(cloud, "PATCH", number, end).json()["result"] == "succeeded"


def test_a_run_that_is_refused_has_failed(
    ask: Callable[..., Any], waiting: Callable[..., Any]
) -> None:
    number, approval = waiting()
    decide(ask, approval, "rejected")
    build = ask("GET", f"{BUILDS}/{number}")
    assert (build["status"], build["result"]) == ("completed", "failed")


def test_a_run_that_nobody_looks_at_has_failed_when_the_time_is_over(
    cloud: LocalCloud,
    ask: Callable[..., Any],
    waiting: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number, approval = waiting()
    now = cloud.clock.time
    monkeypatch.setattr(type(cloud.clock), "time", lambda _self: now() + 3601)
    assert ask("GET", f"/local/_apis/pipelines/approvals/{approval}")["status"] == "timedOut"
    assert ask("GET", f"{BUILDS}/{number}")["result"] == "failed"
    assert decide(ask, approval, "approved") == 400


def test_who_asked_for_the_run_may_not_approve_it(
    ask: Callable[..., Any], waiting: Callable[..., Any]
) -> None:
    group = ask("GET", f"{PEOPLE}?filterValue=[local]\\Contributors")["value"][0]["id"]
    number, approval = waiting(
        approvers=[{"id": group}], requesterCannotBeApprover=True, minRequiredApprovers=1
    )
    assert decide(ask, approval, "approved", person="") == 403
    ask("PATCH", f"{BUILDS}/{number}", {"status": "Cancelling"})
    assert ask("GET", f"{BUILDS}/{number}")["result"] == "canceled"
    assert ask("GET", "/local/_apis/pipelines/approvals?state=pending")["value"] == []
    assert decide(ask, approval, "approved") == 400


def test_what_an_agent_cant_tell(cloud: LocalCloud, ask: Callable[..., Any], pipeline: int) -> None:
    number = ask("POST", BUILDS, {"definition": {"id": pipeline}})["id"]
    for path, body in (
        (f"{number}/artifacts", {"name": "a", "files": {"b": "no base64"}}),
        (f"{number}/artifacts", {"name": "a", "files": []}),
        (f"{number}/records", {"name": ""}),
        (f"{number}/environments", {"environment": "production"}),
    ):
        assert agent(cloud, "POST", path, body).status_code == 400, path
    for change in ({"status": "completed"}, {"status": "inProgress", "result": "failed"}):
        assert agent(cloud, "PATCH", number, change).status_code == 400
    assert agent(cloud, "PATCH", 9999, {"status": "inProgress"}).status_code == 404
    # A cloud that nobody gave a planner to.
    assert ask("POST", f"/local/_apis/pipelines/{pipeline}/runs", {"previewRun": True}) == 400


def test_a_signed_address_ends(
    cloud: LocalCloud,
    ask: Callable[..., Any],
    pipeline: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = ask("POST", BUILDS, {"definition": {"id": pipeline}})["id"]
    agent(cloud, "POST", f"{number}/records", {"name": "Train", "log": ["one"]})
    place = f"/local/_apis/pipelines/{pipeline}/runs/{number}/logs/1?$expand=signedContent"
    url = ask("GET", place)["signedContent"]["url"]
    assert requests.get(url, timeout=30).text == "one\n"
    now = cloud.clock.time
    monkeypatch.setattr(type(cloud.clock), "time", lambda _self: now() + 3601)
    assert requests.get(url, timeout=30).status_code == 401
