"""The keywords of a workflow.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax``.
"""

from __future__ import annotations

WORKFLOW = ("name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs")
JOB = (
    "name", "permissions", "needs", "if", "runs-on", "environment", "concurrency", "outputs", "env",
    "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error", "container",
    "services", "uses", "with", "secrets", "snapshot",
)  # fmt: skip
CALLING = (
    "name", "permissions", "needs", "if", "concurrency", "strategy", "uses", "with", "secrets",
)  # fmt: skip
"""Those that a job with ``uses`` may have."""
STEP = (
    "id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env",
    "continue-on-error", "timeout-minutes",
)  # fmt: skip
INPUT = ("description", "required", "default", "type", "options", "deprecationMessage")
SECRET = ("description", "required")
CALL = ("inputs", "outputs", "secrets")
"""Of ``on.workflow_call``."""
DISPATCH = ("inputs",)
ENVIRONMENT = ("name", "url", "deployment")
STRATEGY = ("matrix", "fail-fast", "max-parallel")
