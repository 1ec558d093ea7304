"""Pull requests of Azure Repos, with the threads of comments on them; without any commits.

Source: Azure DevOps REST reference, "Pull Requests", "Pull Request Threads" and "Pull Request
Thread Comments", API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, text_of
from modelyard.local.cloud.devops.documents import Documents
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

STATUSES = ("active", "abandoned", "completed")
Json = dict[str, Any]


class PullRequestResponses:
    """The answers."""

    def __init__(self, cloud: Cloud, projects: Projects) -> None:
        self._cloud = cloud
        self._projects = projects
        self._requests = Documents(cloud, "PullRequest")

    def listed(self, request: Request, project: str, repository: str) -> list[Json]:
        """Those of ``searchCriteria.status``, ``active`` where nothing is said."""
        status = request.args.get("searchCriteria.status", "active").lower()
        target = request.args.get("searchCriteria.targetRefName", "")
        key = self._projects.repository(project, repository)["id"]
        return [
            _shown(one)
            for one in self._requests.of_project(self._projects.id_of(project))
            if one["repository"]["id"] == key
            and status in ("all", one["status"])
            and target in ("", one["targetRefName"])
        ]

    def get(self, _request: Request, project: str, repository: str, number: int) -> Json:
        return _shown(self._pull_request(project, repository, number))

    def add(self, request: Request, project: str, repository: str) -> Json:
        body = body_of(request)
        made: Json = {
            "repository": self._projects.repository(project, repository),
            "title": text_of(body, "title"),
            "description": body.get("description") or "",
            "sourceRefName": text_of(body, "sourceRefName"),
            "targetRefName": text_of(body, "targetRefName"),
            "status": STATUSES[0],
            "creationDate": self._now(),
            "threads": [],
        }
        return _shown(self._requests.add(self._projects.id_of(project), made))

    def change(self, request: Request, project: str, repository: str, number: int) -> Json:
        body = body_of(request)
        with self._cloud.store.lock:
            found = self._pull_request(project, repository, number)
            if body.get("status", found["status"]) not in STATUSES:
                raise exceptions.invalid("status", f"The status {body['status']} is not known.")
            for key in ("title", "description", "status"):
                found[key] = body.get(key, found[key])
            return _shown(self._save(project, found))

    def threads(self, _request: Request, project: str, repository: str, number: int) -> list[Json]:
        found: list[Json] = self._pull_request(project, repository, number)["threads"]
        return found

    def add_thread(self, request: Request, project: str, repository: str, number: int) -> Json:
        body = body_of(request)
        with self._cloud.store.lock:
            found = self._pull_request(project, repository, number)
            made: Json = {
                "id": len(found["threads"]) + 1,
                "status": body.get("status") or "active",
                "threadContext": body.get("threadContext"),
                "properties": body.get("properties"),
                "publishedDate": self._now(),
                "lastUpdatedDate": self._now(),
                "comments": [],
                "isDeleted": False,
            }
            for one in body.get("comments") or ():
                made["comments"].append(self._comment(made, one))
            found["threads"].append(made)
            self._save(project, found)
            return made

    def change_thread(
        self, request: Request, project: str, repository: str, number: int, thread: int
    ) -> Json:
        body = body_of(request)
        with self._cloud.store.lock:
            found = self._pull_request(project, repository, number)
            changed = _one(found["threads"], thread, "CommentThread")
            changed["status"] = body.get("status") or changed["status"]
            changed["lastUpdatedDate"] = self._now()
            self._save(project, found)
            return changed

    def add_comment(
        self, request: Request, project: str, repository: str, number: int, thread: int
    ) -> Json:
        body = body_of(request)
        with self._cloud.store.lock:
            found = self._pull_request(project, repository, number)
            place = _one(found["threads"], thread, "CommentThread")
            made = self._comment(place, body)
            place["comments"].append(made)
            self._save(project, found)
            return made

    def change_comment(
        self,
        request: Request,
        project: str,
        repository: str,
        number: int,
        thread: int,
        comment: int,
    ) -> Json:
        body = body_of(request)
        with self._cloud.store.lock:
            found = self._pull_request(project, repository, number)
            place = _one(found["threads"], thread, "CommentThread")
            changed = _one(place["comments"], comment, "Comment")
            changed |= {"content": text_of(body, "content"), "lastUpdatedDate": self._now()}
            self._save(project, found)
            return changed

    def reset(self) -> None:
        self._requests.reset()

    def _pull_request(self, project: str, repository: str, number: int) -> Json:
        key = self._projects.repository(project, repository)["id"]
        found = self._requests.get(self._projects.id_of(project), number)
        if found["repository"]["id"] != key:
            raise exceptions.not_found("PullRequest", number)
        return found

    def _save(self, project: str, pull_request: Json) -> Json:
        key = self._projects.id_of(project)
        return self._requests.change(key, pull_request["id"], pull_request)

    def _comment(self, thread: Json, body: Json) -> Json:
        return {
            "id": len(thread["comments"]) + 1,
            "parentCommentId": body.get("parentCommentId") or 0,
            "content": text_of(body, "content"),
            "commentType": body.get("commentType") or "text",
            "publishedDate": self._now(),
            "lastUpdatedDate": self._now(),
            "isDeleted": False,
        }

    def _now(self) -> str:
        return stamp(self._cloud.clock.time(), "auto")


def _one(found: list[Json], number: int, kind: str) -> Json:
    for one in found:
        if one["id"] == number:
            return one
    raise exceptions.not_found(kind, number)


def _shown(pull_request: Json) -> Json:
    """A pull request as a client gets it: its threads are asked for by themselves."""
    shown = {key: value for key, value in pull_request.items() if key not in ("threads", "id")}
    return {**shown, "pullRequestId": pull_request["id"]}
