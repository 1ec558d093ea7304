"""HTTP of builds: of clients, and the part of the agent, which tells what a run does.

Source: Azure DevOps REST reference, "Builds", "Timeline", "Artifacts" and "Tags", API version 7.1.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import Page, body_of, caller_of, page_of, text_of
from modelyard.local.cloud.devops.approvals import Approvals
from modelyard.local.cloud.devops.builds import ENDED, Builds, shown
from modelyard.local.cloud.devops.pipelines import PipelineResponses
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

AT_ONCE = 1000
Json = dict[str, Any]


class BuildResponses:
    """The answers."""

    def __init__(
        self,
        cloud: Cloud,
        projects: Projects,
        pipelines: PipelineResponses,
        builds: Builds,
        approvals: Approvals,
    ) -> None:
        self._lock = cloud.store.lock
        self._projects = projects
        self._pipelines = pipelines
        self._builds = builds
        self._approvals = approvals

    def listed(self, request: Request, project: str) -> Page:
        """By ``definitions``, ``branchName``, ``statusFilter``, ``resultFilter``, ``tagFilters``,
        the newest first."""
        asked = request.args
        wanted = [one for one in asked.get("definitions", "").split(",") if one]
        tags = {one for one in asked.get("tagFilters", "").split(",") if one}
        found = [
            shown(one)
            for one in self._builds.of_project(self._projects.id_of(project))
            if (not wanted or str(one["definition"]["id"]) in wanted)
            and asked.get("branchName", "") in ("", one["sourceBranch"])
            and asked.get("statusFilter", "all") in ("all", one["status"])
            and asked.get("resultFilter", "") in ("", one.get("result"))
            and tags <= set(one["tags"])
        ]
        return page_of(request, found, AT_ONCE)

    def get(self, _request: Request, project: str, number: int) -> Json:
        return shown(self.build(project, number))

    def queue(self, request: Request, project: str) -> Json:
        body = body_of(request)
        number = (body.get("definition") or {}).get("id")
        if not isinstance(number, int):
            raise exceptions.invalid("definition", "The build needs the id of a definition.")
        return shown(self.queued(project, number, body, caller_of(request)))

    def change(self, request: Request, project: str, number: int) -> Json:
        """Only ``status: cancelling``, as nobody but an agent may say the rest."""
        body = body_of(request)
        if str(body.get("status")).lower() != "cancelling":
            raise exceptions.invalid("status", "A build can only be canceled from outside.")
        with self._lock:
            build = self._builds.move(self.build(project, number), ENDED, "canceled")
            self._approvals.end(build)
            return shown(build)

    def timeline(self, _request: Request, project: str, number: int) -> Json:
        return {
            "id": str(number),
            "changeId": number,
            "records": self.build(project, number)["records"],
        }

    def logs(self, _request: Request, project: str, number: int) -> list[Json]:
        return [
            {"id": at, "type": "Container", "lineCount": len(one["lines"]), "createdOn": one["at"]}
            for at, one in enumerate(self.build(project, number)["logs"], 1)
        ]

    def log(self, request: Request, project: str, number: int, log: int) -> Any:
        """As lines, or as a text where the client takes only that."""
        lines = self._builds.log(self.build(project, number), log)
        start = request.args.get("startLine", 1, type=int)
        part = lines[max(start - 1, 0) : request.args.get("endLine", len(lines), type=int)]
        if request.headers.get("Accept", "").startswith("text/plain"):
            return Response("".join(f"{line}\n" for line in part), 200, mimetype="text/plain")
        return part

    def tags(self, _request: Request, project: str, number: int) -> Any:
        return self.build(project, number)["tags"]

    def tag(self, request: Request, project: str, number: int, tag: str) -> Any:
        with self._lock:
            build = self.build(project, number)
            others = [one for one in build["tags"] if one != tag]
            build["tags"] = others if request.method == "DELETE" else [*others, tag]
            return self._builds.save(build)["tags"]

    def artifacts(self, request: Request, project: str, number: int) -> Any:
        """All, the one of ``artifactName``, or that as an archive."""
        build, name = self.build(project, number), request.args.get("artifactName")
        if name is None:
            return [_artifact(one) for one in build["artifacts"]]
        one = artifact_of(build, name)
        if "application/zip" in request.headers.get("Accept", ""):
            return Response(archive(name, one["files"]), 200, mimetype="application/zip")
        return _artifact(one)

    def add_artifact(self, request: Request, project: str, number: int) -> Json:
        body = body_of(request)
        return self._keep(project, number, text_of(body, "name"), body.get("resource") or {}, {})

    # The part of the agent.

    def told(self, request: Request, project: str, number: int) -> Json:
        """``{"status", "result"}``: the run starts or ends. Raises DevOpsError for a success while
        an approval is awaited."""
        body = body_of(request)
        with self._lock:
            build = self.build(project, number)
            if body.get("result") == "succeeded":
                self._approvals.check_free(build)
            moved = self._builds.move(build, str(body.get("status")), str(body.get("result") or ""))
            if moved["status"] == ENDED:
                self._approvals.end(moved)
            return shown(moved)

    def record(self, request: Request, project: str, number: int) -> Json:
        """``{"name", "type", "parent", "state", "result", "log": [LINE]}``."""
        with self._lock:
            return self._builds.record(self.build(project, number), body_of(request))

    def upload(self, request: Request, project: str, number: int) -> Json:
        """``{"name", "files": {PATH: base64}}``: an artifact with what it holds."""
        body = body_of(request)
        files = body.get("files")
        if not isinstance(files, dict) or not files:
            raise exceptions.invalid("files", "An artifact needs files.")
        try:
            for content in files.values():
                base64.b64decode(content, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise exceptions.invalid("files", "A file isn't base64.") from None
        resource = {"type": "PipelineArtifact"}
        return self._keep(project, number, text_of(body, "name"), resource, files)

    def queued(self, project: str, number: int, given: Json, caller: str) -> Json:
        """A new run. Raises DevOpsError."""
        found = self._projects.get(project)
        definition = self._pipelines.definitions.get(found["id"], number)
        return self._builds.queue(found, definition, given, caller)

    def all(self, project: str) -> list[Json]:
        """Those of a project, the newest first. Raises DevOpsError."""
        return self._builds.of_project(self._projects.id_of(project))

    def build(self, project: str, number: int) -> Json:
        """A build, with what its approvals have come to since it was last looked at."""
        with self._lock:
            return self._approvals.settled(self._builds.get(self._projects.id_of(project), number))

    def _keep(
        self, project: str, number: int, name: str, resource: Json, files: dict[str, str]
    ) -> Json:
        with self._lock:
            build = self.build(project, number)
            if any(one["name"] == name for one in build["artifacts"]):
                raise exceptions.exists("Artifact", name)
            made = {"id": len(build["artifacts"]) + 1, "name": name, "resource": resource}
            build["artifacts"].append({**made, "files": files})
            self._builds.save(build)
            return made


def _artifact(one: Json) -> Json:
    return {key: value for key, value in one.items() if key != "files"}


def artifact_of(build: Json, name: str) -> Json:
    """An artifact with its files. Raises DevOpsError when the run has none of this name."""
    for one in build["artifacts"]:
        if one["name"] == name:
            found: Json = one
            return found
    raise exceptions.DevOpsError(
        404, "ArtifactNotFoundException", f"Artifact {name} not found for build {build['id']}."
    )


def archive(name: str, files: dict[str, str]) -> bytes:
    """A zip file of an artifact."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for path, encoded in sorted(files.items()):
            made.writestr(f"{name}/{path}", base64.b64decode(encoded))
    return content.getvalue()
