"""Approvals that hold a run up before it gets to an environment: until enough of the approvers say
yes, one says no, or the check's time is over.

Source: Azure DevOps REST reference, "Approvals", API version 7.1; learn.microsoft.com, "Define
approvals and checks".
"""

from __future__ import annotations

import uuid
from typing import Any

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.builds import ENDED, RUNNING, Builds
from modelyard.local.cloud.devops.environments import EnvironmentResponses
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud

COLLECTION = "devops.approvals"
APPROVAL = "8c6f20a7-a545-4486-9777-f762fafe0d4d"
"""The type of check that an approval is, the same in every organization."""
IN_SEQUENCE = (2, "inSequence")
PENDING, APPROVED, REJECTED = "pending", "approved", "rejected"
TIMED_OUT, CANCELED = "timedOut", "canceled"
Json = dict[str, Any]


class Approvals:
    """All of them. Each is of one build and one check on an environment."""

    def __init__(
        self, cloud: Cloud, projects: Projects, environments: EnvironmentResponses, builds: Builds
    ) -> None:
        self._cloud = cloud
        self._projects = projects
        self._environments = environments
        self._builds = builds

    def enter(self, project: str, number: int, environment: str) -> list[Json]:
        """A run gets to an environment: what it has to wait for. Raises DevOpsError.

        Whoever asks again is told how these approvals stand.
        """
        key = self._projects.id_of(project)
        with self._cloud.store.lock:
            build = self._builds.get(key, number)
            if build["status"] != RUNNING:
                raise exceptions.invalid("status", f"Build {number} isn't running.")
            found = self._environments.named(key, environment)
            there = self._of_build(build)
            for check in self._environments.checks_on(key, found["id"]):
                known = [one for one in there if one["check"] == check["id"]]
                if check["type"]["id"].lower() == APPROVAL and not known:
                    self._ask(build, found, check)
            self.settled(build)
            here = [one for one in self._of_build(build) if one["environment"] == found["id"]]
            return [shown(one) for one in here]

    def of_project(self, project: str, ids: list[str], state: str) -> list[Json]:
        """Those of these ids (all, if none), and in this state (any, if empty)."""
        key = self._projects.id_of(project)
        with self._cloud.store.lock:
            everything = [one for _, one in self._cloud.store.items(COLLECTION)]
            for number in {one["build"] for one in everything if one["project"] == key}:
                self.settled(self._builds.get(key, number))
            return [
                shown(one)
                for _, one in self._cloud.store.items(COLLECTION)
                if one["project"] == key
                and (not ids or one["id"] in ids)
                and state.lower() in ("", one["status"].lower())
            ]

    def decide(self, project: str, approval: str, status: str, comment: str, caller: str) -> Json:
        """What one approver says. Raises DevOpsError for anybody else, and when it is over."""
        key = self._projects.id_of(project)
        with self._cloud.store.lock:
            found = self._cloud.store.get(COLLECTION, approval)
            if found is None or found["project"] != key:
                raise exceptions.not_found("Approval", approval)
            build = self.settled(self._builds.get(key, found["build"]))
            found = self._cloud.store.get(COLLECTION, approval) or found
            if status not in (APPROVED, REJECTED):
                raise exceptions.invalid("status", f"An approval can't become {status}.")
            if found["status"] != PENDING:
                raise exceptions.invalid("status", f"The approval is {found['status']} already.")
            if found["requesterCannotBeApprover"] and caller == found["requester"]:
                raise exceptions.not_permitted("Approve a run of one's own")
            step = next((one for one in found["steps"] if _may(one, caller)), None)
            if step is None:
                raise exceptions.not_permitted("Approve")
            first = next(one for one in found["steps"] if one["status"] == PENDING)
            if found["executionOrder"] in IN_SEQUENCE and step is not first:
                raise exceptions.invalid("approvalId", "It is another approver's turn.")
            step |= {
                "status": status,
                "comment": comment,
                "actualApprover": {"displayName": caller},
            }
            said = [one for one in found["steps"] if one["status"] == APPROVED]
            if status == REJECTED or len(said) >= found["minRequiredApprovers"]:
                self._close(found, status, build)
            else:
                self._cloud.store.put(COLLECTION, approval, found)
            return shown(found)

    def settled(self, build: Json) -> Json:
        """The build, failed where the time of one of its approvals is over."""
        now = self._cloud.clock.time()
        for one in self._of_build(build):
            if one["status"] == PENDING and now >= one["until"]:
                return self._close(one, TIMED_OUT, build)
        return build

    def check_free(self, build: Json) -> None:
        """Raises DevOpsError while a run waits: it can't have succeeded."""
        if any(one["status"] == PENDING for one in self._of_build(build)):
            raise exceptions.invalid("result", f"Build {build['id']} waits for an approval.")

    def end(self, build: Json) -> None:
        """The run is over: nobody needs to say anything any more."""
        for one in self._of_build(build):
            if one["status"] == PENDING:
                self._cloud.store.put(COLLECTION, one["id"], {**one, "status": CANCELED})

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _of_build(self, build: Json) -> list[Json]:
        found = (one for _, one in self._cloud.store.items(COLLECTION))
        return [one for one in found if one["build"] == build["id"]]

    def _ask(self, build: Json, environment: Json, check: Json) -> None:
        settings = check["settings"]
        steps = [
            {"assignedApprover": one, "status": PENDING, "members": self._members(one)}
            for one in settings.get("approvers") or ()
        ]
        made = {
            "id": str(uuid.uuid4()),
            "project": build["project"]["id"],
            "build": build["id"],
            "requester": build["requestedFor"]["uniqueName"],
            "environment": environment["id"],
            "name": environment["name"],
            "check": check["id"],
            "status": PENDING,
            "createdOn": self._builds.now(),
            "until": self._cloud.clock.time() + 60 * check["timeout"],
            "instructions": settings.get("instructions") or "",
            "executionOrder": settings.get("executionOrder") or "anyOrder",
            "minRequiredApprovers": settings.get("minRequiredApprovers") or len(steps),
            "requesterCannotBeApprover": bool(settings.get("requesterCannotBeApprover")),
            "steps": steps,
        }
        self._cloud.store.put(COLLECTION, made["id"], made)
        self._builds.record(build, {**_record(made), "state": RUNNING})

    def _members(self, approver: Json) -> list[str]:
        return self._projects.members(str(approver["displayName"]))

    def _close(self, approval: Json, status: str, build: Json) -> Json:
        approval["status"] = status
        self._cloud.store.put(COLLECTION, approval["id"], approval)
        result = "succeeded" if status == APPROVED else "failed"
        self._builds.record(build, {**_record(approval), "state": ENDED, "result": result})
        if status == APPROVED:
            return build
        ended = self._builds.move(build, ENDED, "failed")
        self.end(ended)
        return ended


def shown(approval: Json) -> Json:
    """An approval as a client gets it."""
    own = ("project", "build", "requester", "environment", "name", "check", "until")
    steps = [{k: v for k, v in one.items() if k != "members"} for one in approval["steps"]]
    return {
        **{key: value for key, value in approval.items() if key not in own},
        "steps": steps,
        "pipeline": {"owner": {"id": approval["build"]}},
    }


def _record(approval: Json) -> Json:
    return {"type": "Checkpoint.Approval", "name": f"Approval of {approval['name']}"}


def _may(step: Json, caller: str) -> bool:
    return step["status"] == PENDING and caller in step["members"]
