"""The keywords of a workflow.

Source: docs.github.com, ``actions/reference/workflows-and-actions/workflow-syntax`` and
``actions/reference/workflows-and-actions/events-that-trigger-workflows``; the events that the
schema of actions/languageservices takes too.
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
EVENTS = (
    "branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment",
    "deployment_status", "discussion", "discussion_comment", "fork", "gollum", "image_version",
    "issue_comment", "issues", "label", "merge_group", "milestone", "page_build", "project",
    "project_card", "project_column", "public", "pull_request", "pull_request_comment",
    "pull_request_review", "pull_request_review_comment", "pull_request_target", "push",
    "registry_package", "release", "repository_dispatch", "schedule", "status", "watch",
    "workflow_call", "workflow_dispatch", "workflow_run",
)  # fmt: skip
"""Those that ``on`` may have."""
