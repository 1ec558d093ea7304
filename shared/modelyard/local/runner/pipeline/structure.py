"""Where in a pipeline the lists of stages, jobs, steps and variables are.

Only there may templates stand; and what a stage or job adds to the variables is seen inside it.

Source: learn.microsoft.com, ``pipelines/yaml-schema``.
"""

from __future__ import annotations

ANY = ""
"""A value whose inside has no such list."""
FIXED = "fixed"
"""A value in which no expression is expanded."""
HOOKS = ("preDeploy", "deploy", "routeTraffic", "postRouteTraffic")
CONSTANT = ("trigger", "pr", "schedules")
"""Keys of a pipeline in which no expression is expanded."""
LISTS = {"stages": "stage", "jobs": "job", "steps": "step", "variables": "variable"}
"""The lists that templates may add to, and what their members are."""
SCOPES = ("pipeline", "stage", "job")
"""Each has its own variables."""
_JOB = {"steps": "steps", "variables": "variables", "strategy": "strategy"}
CHILDREN: dict[str, dict[str, str]] = {
    "pipeline": {
        "stages": "stages",
        "jobs": "jobs",
        **_JOB,
        "resources": "resources",
        **dict.fromkeys(CONSTANT, FIXED),
    },
    "resources": {"repositories": FIXED},
    "stage": {"jobs": "jobs", "variables": "variables"},
    "job": _JOB,
    "strategy": {"runOnce": "hooks", "rolling": "hooks", "canary": "hooks"},
    "hooks": {**dict.fromkeys(HOOKS, "hook"), "on": "endings"},
    "endings": {"success": "hook", "failure": "hook"},
    "hook": {"steps": "steps"},
}
"""What a key's value is, by what the mapping is."""
