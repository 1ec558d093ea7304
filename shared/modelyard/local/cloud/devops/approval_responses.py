"""HTTP of approvals.

Source: Azure DevOps REST reference, "Approvals", API version 7.1.
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.answering import body_of, caller_of, text_of
from modelyard.local.cloud.devops.approvals import Approvals

Json = dict[str, Any]


class ApprovalResponses:
    """The answers."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    def listed(self, request: Request, project: str) -> list[Json]:
        """By ``approvalIds`` and ``state``."""
        ids = [one for one in request.args.get("approvalIds", "").split(",") if one]
        return self._approvals.of_project(project, ids, request.args.get("state", ""))

    def get(self, _request: Request, project: str, approval: str) -> Json:
        for one in self._approvals.of_project(project, [approval], ""):
            return one
        raise exceptions.not_found("Approval", approval)

    def decide(self, request: Request, project: str) -> list[Json]:
        """``[{"approvalId", "status", "comment"}]``, one after the other."""
        body = request.get_json(silent=True)
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise exceptions.invalid("body", "The request needs a list of approvals.")
        return [
            self._approvals.decide(
                project,
                text_of(one, "approvalId"),
                str(one.get("status")),
                str(one.get("comment") or ""),
                caller_of(request),
            )
            for one in body
        ]

    def enter(self, request: Request, project: str, number: int) -> list[Json]:
        """The part of the agent: ``{"environment"}``, that a run gets to."""
        return self._approvals.enter(project, number, text_of(body_of(request), "environment"))
