"""Where builds, runs and approvals answer: to clients, and to what plays the agent's part."""

from __future__ import annotations

from collections.abc import Iterator

from modelyard.local.cloud.devops.answering import Answer
from modelyard.local.cloud.devops.approval_responses import ApprovalResponses
from modelyard.local.cloud.devops.build_responses import BuildResponses
from modelyard.local.cloud.devops.run_responses import RunResponses


def of_clients(
    builds: BuildResponses, newer: RunResponses, approvals: ApprovalResponses
) -> Iterator[tuple[str, str, Answer]]:
    """Method, path below the organization, and what answers."""
    every = "/<project>/_apis/build/builds"
    one = f"{every}/<int:number>"
    yield "GET", every, builds.listed
    yield "POST", every, builds.queue
    yield "GET", one, builds.get
    yield "PATCH", one, builds.change
    yield "GET", f"{one}/timeline", builds.timeline
    yield "GET", f"{one}/logs", builds.logs
    yield "GET", f"{one}/logs/<int:log>", builds.log
    yield "GET", f"{one}/tags", builds.tags
    yield "PUT", f"{one}/tags/<tag>", builds.tag
    yield "DELETE", f"{one}/tags/<tag>", builds.tag
    yield "GET", f"{one}/artifacts", builds.artifacts
    yield "POST", f"{one}/artifacts", builds.add_artifact
    runs = "/<project>/_apis/pipelines/<int:pipeline>/runs"
    yield "GET", runs, newer.listed
    yield "POST", runs, newer.start
    yield "GET", f"{runs}/<int:number>", newer.get
    yield "GET", f"{runs}/<int:number>/logs", newer.logs
    yield "GET", f"{runs}/<int:number>/logs/<int:log>", newer.log
    yield "GET", f"{runs}/<int:number>/artifacts", newer.artifact
    yield "GET", "/<project>/_apis/pipelines/approvals", approvals.listed
    yield "GET", "/<project>/_apis/pipelines/approvals/<approval>", approvals.get
    yield "PATCH", "/<project>/_apis/pipelines/approvals", approvals.decide


def of_anybody(newer: RunResponses) -> Iterator[tuple[str, str, Answer]]:
    """What signed addresses are of: as above."""
    run = "/<project>/_apis/pipelines/<int:pipeline>/runs/<int:number>"
    yield "GET", f"{run}/signedlogcontent/<int:log>", newer.log_content
    yield "GET", f"{run}/signedartifactscontent", newer.artifact_content


def of_the_agent(
    builds: BuildResponses, approvals: ApprovalResponses
) -> Iterator[tuple[str, str, Answer]]:
    """The cloud's own interface: what an agent would tell of a run."""
    one = "/modelyard/devops/projects/<project>/builds/<int:number>"
    yield "PATCH", one, builds.told
    yield "POST", f"{one}/records", builds.record
    yield "POST", f"{one}/artifacts", builds.upload
    yield "POST", f"{one}/environments", approvals.enter
