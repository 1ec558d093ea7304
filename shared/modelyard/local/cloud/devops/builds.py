"""Runs of pipelines: recorded, with their timeline, logs, artifacts and tags. Nothing is executed
here: what an agent would tell of a run comes by the cloud's own interface.

Source: Azure DevOps REST reference, "Builds", "Timeline" and "Artifacts", API version 7.1.
"""

from __future__ import annotations

import uuid
from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.documents import Documents
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

RESULTS = ("succeeded", "partiallySucceeded", "failed", "canceled")
QUEUED, RUNNING, ENDED = "notStarted", "inProgress", "completed"
OWN = ("records", "logs", "artifacts", "variables")
"""What is asked for by itself and isn't part of a build as clients get it."""
Json = dict[str, Any]


class Builds:
    """All of them, of every project."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._documents = Documents(cloud, "Build")

    def queue(self, project: Json, definition: Json, given: Json, caller: str) -> Json:
        """A new one that waits for an agent. Raises DevOpsError for a pipeline that is off."""
        if definition["queueStatus"] != "enabled":
            raise exceptions.invalid("definition", f"{definition['name']} is disabled.")
        branch = given.get("sourceBranch") or "refs/heads/main"
        made = {
            "definition": {key: definition[key] for key in ("id", "name", "path")},
            "project": {"id": project["id"], "name": project["name"]},
            "repository": definition["repository"],
            "status": QUEUED,
            "reason": given.get("reason") or "manual",
            "sourceBranch": branch,
            "sourceVersion": given.get("sourceVersion") or "",
            "parameters": given.get("parameters"),
            "templateParameters": given.get("templateParameters") or {},
            "requestedFor": {"displayName": caller, "uniqueName": caller},
            "queueTime": self.now(),
            "tags": [],
            "records": [],
            "logs": [],
            "artifacts": [],
            "variables": given.get("variables") or {},
        }
        with self._cloud.store.lock:
            added = self._documents.add(project["id"], made)
            day = added["queueTime"][:10].replace("-", "")
            return self.save({**added, "buildNumber": f"{day}.{added['id']}"})

    def get(self, project: str, number: int) -> Json:
        """Raises DevOpsError when there is none."""
        return self._documents.get(project, number)

    def of_project(self, project: str) -> list[Json]:
        """All of a project, the newest first."""
        return self._documents.of_project(project)[::-1]

    def save(self, build: Json) -> Json:
        return self._documents.change(build["project"]["id"], build["id"], build)

    def move(self, build: Json, status: str, result: str = "") -> Json:
        """Start it or end it. Raises DevOpsError where it can't go there."""
        if status not in (RUNNING, ENDED) or (status == ENDED) != (result in RESULTS):
            raise exceptions.invalid("status", f"A build can't become {status} {result}.")
        if build["status"] == ENDED:
            raise exceptions.DevOpsError(
                409, "BuildStatusInvalidChangeException", f"Build {build['id']} is over."
            )
        changed = {**build, "status": status}
        changed.setdefault("startTime", self.now())
        if status == ENDED:
            changed |= {"result": result, "finishTime": self.now()}
            for one in changed["records"]:
                if one["state"] != ENDED:
                    one.update(state=ENDED, result="canceled", finishTime=self.now())
        return self.save(changed)

    def record(self, build: Json, given: Json) -> Json:
        """A line of the timeline, found again by type and name; with ``log`` its lines."""
        kind, name = str(given.get("type") or "Task"), str(given.get("name") or "")
        state, result = str(given.get("state") or ENDED), given.get("result")
        if not name or state not in ("pending", RUNNING, ENDED):
            raise exceptions.invalid("record", "A record needs a name and a state.")
        there = [one for one in build["records"] if (one["type"], one["name"]) == (kind, name)]
        one: Json = there[0] if there else {"id": str(uuid.uuid4()), "type": kind, "name": name}
        if not there:
            one |= {"order": len(build["records"]) + 1, "startTime": self.now(), "attempt": 1}
            build["records"].append(one)
        one |= {"state": state, "result": (result or "succeeded") if state == ENDED else None}
        if given.get("parent"):
            parents = [other for other in build["records"] if other["name"] == given["parent"]]
            one["parentId"] = parents[0]["id"] if parents else None
        if state == ENDED:
            one["finishTime"] = self.now()
        if given.get("log"):
            build["logs"].append({"lines": [str(line) for line in given["log"]], "at": self.now()})
            one["log"] = {"id": len(build["logs"]), "type": "Container"}
        self.save(build)
        return one

    def log(self, build: Json, number: int) -> list[str]:
        """The lines of a log. Raises DevOpsError when there is none."""
        if not 0 < number <= len(build["logs"]):
            raise exceptions.not_found("BuildLog", number)
        lines: list[str] = build["logs"][number - 1]["lines"]
        return lines

    def count(self) -> int:
        return self._documents.count()

    def reset(self) -> None:
        self._documents.reset()

    def now(self) -> str:
        return stamp(self._cloud.clock.time(), "auto")


def shown(build: Json) -> Json:
    """A build as a client gets it."""
    return {key: value for key, value in build.items() if key not in OWN}
