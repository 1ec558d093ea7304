"""Runs of pipelines by the newer interface: the same builds, with its own view of logs and
artifacts, whose content is fetched from signed addresses.

Source: Azure DevOps REST reference, "Runs", "Logs" and "Artifacts" (of pipelines), API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, caller_of
from modelyard.local.cloud.devops.areas import HOST
from modelyard.local.cloud.devops.build_responses import BuildResponses, archive, artifact_of
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.devops.previews import Previews
from modelyard.local.cloud.devops.signed_urls import SignedUrls

Json = dict[str, Any]


class RunResponses:
    """The answers."""

    def __init__(self, builds: BuildResponses, previews: Previews, signed: SignedUrls) -> None:
        self._builds = builds
        self._previews = previews
        self._signed = signed

    def listed(self, _request: Request, project: str, pipeline: int) -> list[Json]:
        found = self._builds.all(project)
        return [_run(one) for one in found if one["definition"]["id"] == pipeline]

    def get(self, _request: Request, project: str, pipeline: int, number: int) -> Json:
        return _run(self._found(project, pipeline, number))

    def start(self, request: Request, project: str, pipeline: int) -> Json:
        """With ``previewRun`` nothing is queued, and the YAML is told."""
        body = body_of(request)
        if body.get("previewRun"):
            expanded = self._previews.expanded(body, project, pipeline)
            return {"id": -1, "state": "unknown", "finalYaml": expanded}
        own = ((body.get("resources") or {}).get("repositories") or {}).get("self") or {}
        given = {
            "sourceBranch": own.get("refName"),
            "sourceVersion": own.get("version"),
            "templateParameters": body.get("templateParameters"),
            "variables": body.get("variables"),
        }
        return _run(self._builds.queued(project, pipeline, given, caller_of(request)))

    def logs(self, request: Request, project: str, pipeline: int, number: int) -> Json:
        build = self._found(project, pipeline, number)
        listed = range(1, len(build["logs"]) + 1)
        return {
            "logs": [_log(build, one) | self._content(request, f"/{one}") for one in listed],
            "url": f"https://{HOST}{request.path}",
        }

    def log(self, request: Request, project: str, pipeline: int, number: int, log: int) -> Json:
        build = self._found(project, pipeline, number)
        if not 0 < log <= len(build["logs"]):
            raise exceptions.not_found("Log", log)
        return _log(build, log) | self._content(request, "")

    def log_content(
        self, request: Request, project: str, pipeline: int, number: int, log: int
    ) -> Response:
        """The text, for whoever has the signed address."""
        self._signed.check(request)
        lines = self._found(project, pipeline, number)["logs"][log - 1]["lines"]
        return Response("".join(f"{one}\n" for one in lines), 200, mimetype="text/plain")

    def artifact(self, request: Request, project: str, pipeline: int, number: int) -> Json:
        """By ``artifactName``."""
        build = self._found(project, pipeline, number)
        name = artifact_of(build, request.args.get("artifactName", ""))["name"]
        shown = {"name": name, "url": f"https://{HOST}{request.path}?artifactName={name}"}
        if not _expands(request):
            return shown
        path = _signed_path(request.path, "artifacts", "signedartifactscontent")
        return {**shown, "signedContent": self._signed.signed(HOST, path, artifactName=name)}

    def artifact_content(
        self, request: Request, project: str, pipeline: int, number: int
    ) -> Response:
        """The archive, for whoever has the signed address."""
        self._signed.check(request)
        build = self._found(project, pipeline, number)
        found = artifact_of(build, request.args.get("artifactName", ""))
        content = archive(found["name"], found["files"])
        return Response(content, 200, mimetype="application/zip")

    def _found(self, project: str, pipeline: int, number: int) -> Json:
        build = self._builds.build(project, number)
        if build["definition"]["id"] != pipeline:
            raise exceptions.not_found("Run", number)
        return build

    def _content(self, request: Request, below: str) -> Json:
        if not _expands(request):
            return {}
        path = _signed_path(request.path + below, "logs", "signedlogcontent")
        return {"signedContent": self._signed.signed(HOST, path)}


def _expands(request: Request) -> bool:
    return request.args.get("$expand", "").lower() == "signedcontent"


def _signed_path(path: str, what: str, signed: str) -> str:
    """Where the content of what is at ``.../WHAT`` or ``.../WHAT/NUMBER`` lies."""
    before, _, number = path.rpartition(f"/{what}")
    return f"{before}/{signed}{number}"


def _log(build: Json, number: int) -> Json:
    one = build["logs"][number - 1]
    place = f"{build['project']['name']}/_apis/pipelines/{build['definition']['id']}"
    return {
        "id": number,
        "createdOn": one["at"],
        "lastChangedOn": one["at"],
        "lineCount": len(one["lines"]),
        "url": f"https://{HOST}/{ORGANIZATION}/{place}/runs/{build['id']}/logs/{number}",
    }


def _run(build: Json) -> Json:
    """A build as the newer interface shows it."""
    states = {"notStarted": "unknown", "inProgress": "inProgress", "completed": "completed"}
    variables = {
        name: {**one, "value": None} if one.get("isSecret") else one
        for name, one in build["variables"].items()
    }
    return {
        "id": build["id"],
        "name": build["buildNumber"],
        "state": states[build["status"]],
        "result": build.get("result"),
        "createdDate": build["queueTime"],
        "finishedDate": build.get("finishTime"),
        "pipeline": {
            "id": build["definition"]["id"],
            "name": build["definition"]["name"],
            "folder": build["definition"]["path"],
        },
        "templateParameters": build["templateParameters"],
        "variables": variables,
    }
