"""Which contexts and functions the value of a keyword may use.

Source: docs.github.com, ``actions/reference/workflows-and-actions/contexts`` ("Context
availability"), and for ``snapshot`` and for actions the schemas of actions/runner. A keyword that
isn't here can have no expression.
"""

from __future__ import annotations

from modelyard.local.workflows.expressions.functions import (
    FILES,
    STATUS,
    STATUS_OF_JOBS,
    Available,
)

Path = tuple[str, ...]
"""Keywords on the way to a value, without the places in lists."""

_ANY = "*"
_RUN = ("github", "inputs", "vars")
_BEFORE = (*_RUN, "needs")
_JOB = (*_BEFORE, "strategy", "matrix")
_RUNNER = (*_JOB, "job", "runner", "env")
_STEPS = (*_RUNNER, "steps")

_OF_ACTION = ("github", "strategy", "matrix", "job", "runner")
_STEP_OF_ACTION = Available((*_OF_ACTION, "inputs", "steps", "env"), FILES)
_STEP = Available((*_STEPS, "secrets"), FILES)
_ON_JOB = Available(_JOB)
_IN_CONTAINER = Available((*_RUNNER, "secrets"))
_CREDENTIALS = Available((*_JOB, "env", "secrets"))
_OF_JOBS = {
    ("concurrency",): _ON_JOB,
    ("container",): _ON_JOB,
    ("container", "credentials"): _CREDENTIALS,
    ("container", "env"): _IN_CONTAINER,
    ("continue-on-error",): _ON_JOB,
    ("defaults", "run"): Available((*_JOB, "env")),
    ("env",): Available((*_JOB, "secrets")),
    ("environment",): _ON_JOB,
    ("environment", "url"): Available(_STEPS),
    ("if",): Available(_BEFORE, STATUS_OF_JOBS),
    ("name",): _ON_JOB,
    ("outputs",): Available((*_STEPS, "secrets")),
    ("runs-on",): _ON_JOB,
    ("secrets",): Available((*_JOB, "secrets")),
    ("services",): _ON_JOB,
    ("services", _ANY, "credentials"): _CREDENTIALS,
    ("services", _ANY, "env"): _IN_CONTAINER,
    ("snapshot",): _ON_JOB,
    ("snapshot", "if"): Available(_STEPS, STATUS | FILES),
    ("strategy",): Available(_BEFORE),
    ("timeout-minutes",): _ON_JOB,
    ("with",): _ON_JOB,
}
_OF_STEPS = (
    "continue-on-error", "env", "name", "run", "timeout-minutes", "with", "working-directory",
)  # fmt: skip
_TABLE: dict[Path, Available] = {
    ("run-name",): Available(_RUN),
    ("concurrency",): Available(_RUN),
    ("env",): Available((*_RUN, "secrets")),
    ("on", "workflow_call", "inputs", _ANY, "default"): Available(_RUN),
    ("on", "workflow_call", "outputs", _ANY, "value"): Available((*_RUN, "jobs")),
    **{("jobs", _ANY, *path): available for path, available in _OF_JOBS.items()},
    **{("jobs", _ANY, "steps", name): _STEP for name in _OF_STEPS},
    ("jobs", _ANY, "steps", "if"): Available(_STEPS, STATUS | FILES),
    # Of an action's own file: neither secrets nor variables are handed to it.
    ("inputs", _ANY, "default"): Available(_OF_ACTION, FILES),
    ("outputs", _ANY, "value"): Available((*_OF_ACTION, "inputs", "steps", "env")),
    **{("runs", "steps", name): _STEP_OF_ACTION for name in (*_OF_STEPS, "shell")},
    ("runs", "steps", "if"): Available(_STEP_OF_ACTION.contexts, STATUS | FILES),
}
_NAMES = (
    *(("jobs",), ("jobs", _ANY, "services"), ("on", _ANY, "inputs"), ("on", _ANY, "outputs")),
    *(("inputs",), ("outputs",)),
)
"""What has names of the author's below it."""


def of(path: Path) -> Available:
    """What may be used in a value."""
    general: Path = ()
    for name in path:
        general = (*general, _ANY if _is_named(general) else name)
    lengths = range(len(general), 0, -1)
    return next((_TABLE[general[:n]] for n in lengths if general[:n] in _TABLE), Available())


def _is_named(path: Path) -> bool:
    return any(
        len(path) == len(one) and all(b in (a, _ANY) for a, b in zip(path, one, strict=True))
        for one in _NAMES
    )
