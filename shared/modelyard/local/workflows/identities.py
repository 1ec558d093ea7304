"""What jobs ask for identity tokens with: ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN.

Only a job with the permission ``id-token: write`` has them; the issuer says in its tokens which job
that is. Here GitHub's issuer is that of the local cloud.

Source: docs.github.com, ``actions/reference/security/oidc``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.request import Request, StartJob
from modelyard.local.workflows.starting_event import PULL_REQUEST
from modelyard.local.workflows.workspace import Workspace

URL, TOKEN = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


@dataclass(frozen=True)
class Identities:
    """Those of a run's jobs."""

    start_job: StartJob | None
    """None: there is no issuer."""
    leaves: Mapping[tuple[str, ...], Leaf]
    facts: Mapping[str, str]
    """What the issuer knows of all jobs."""
    path: str
    """Of the workflow that runs."""
    masker: RunMasker

    def __call__(self, ids: tuple[str, ...], environment: str) -> dict[str, str]:
        """The variables of a job; none without the permission.

        :raises LocalCloudError: when the issuer doesn't answer.
        """
        leaf = self.leaves.get(ids)
        if self.start_job is None or leaf is None or not leaf.identity:
            return {}
        called = leaf.called or self.path
        job = {
            "environment": environment,
            "workflow_ref": self._in_repository(self.path),
            "job_workflow_ref": called if "@" in called else self._in_repository(called),
        }
        made = self.start_job({**self.facts, **job})
        self.masker.add_job_secret(made[TOKEN])
        return {name: made[name] for name in (URL, TOKEN)}

    def _in_repository(self, path: str) -> str:
        return f"{self.facts['repository']}/{path}@{self.facts['ref']}"


def identities(request: Request, workspace: Workspace, masker: RunMasker) -> Identities:
    """Those of a run."""
    is_pull_request = request.event == PULL_REQUEST
    facts = {
        "repository": workspace.name,
        "ref": "refs/pull/1/merge" if is_pull_request else workspace.state.branch,
        "sha": workspace.state.commit,
        "event": request.event,
        "workflow": request.plan.workflow.name,
        "run_id": str(request.number),
    }
    path = request.plan.workflow.source.path
    known = {one.ids: one for one in request.leaves}
    return Identities(request.start_job, known, facts, path, masker)
