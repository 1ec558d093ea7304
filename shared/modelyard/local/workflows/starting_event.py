"""What GitHub would tell a run of what started it: ``github.event``.

Only what a workflow can know here: the commit, the branch, the inputs.

Source: docs.github.com, ``webhooks/webhook-events-and-payloads`` (push, pull_request,
workflow_dispatch).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.errors import InputError
from modelyard.local.workflows.model import DISPATCH, Workflow
from modelyard.local.workflows.typed_values import misfit
from modelyard.local.workflows.workspace import Workspace
from modelyard.reading import nearest

PUSH, PULL_REQUEST = "push", "pull_request"
EVENTS = (PUSH, PULL_REQUEST, DISPATCH)
MAIN = "main"


def chosen(workflow: Workflow, wanted: str | None, *, with_inputs: bool) -> str:
    """The event that starts a run.

    :raises InputError: when the workflow isn't started by it.
    """
    known = [one for one in EVENTS if one in workflow.events]
    if wanted is None:
        if with_inputs and DISPATCH in known:
            return DISPATCH
        if known:
            return known[0]
        listed = ", ".join(sorted(workflow.events)) or "nothing"
        raise InputError(
            f"{workflow.place.file} is started by {listed}; here by {', '.join(EVENTS)}",
            fix="add workflow_dispatch to on:",
        )
    if wanted not in known:
        raise InputError(
            f"{workflow.place.file} isn't started by {wanted}",
            fix=f"--event {' or '.join(known)}" if known else "add workflow_dispatch to on:",
        )
    return wanted


def inputs(workflow: Workflow, event: str, given: Mapping[str, str]) -> dict[str, str]:
    """The inputs of ``workflow_dispatch``, defaults filled in by act.

    :raises InputError: with all that is wrong.
    """
    if event != DISPATCH:
        if given:
            raise InputError(
                f"--input {next(iter(given))}: only workflow_dispatch has inputs",
                fix=f"--event {DISPATCH}"
                if DISPATCH in workflow.events
                else f"add {DISPATCH} to on:",
            )
        return {}
    wrong = []
    for name, value in given.items():
        one = workflow.dispatch.get(name.lower())
        if one is None:
            near = nearest(name, (each.name for each in workflow.dispatch.values()))
            wrong.append(f"there is no input {name}{near}")
        elif wanted := misfit(value, one):
            wrong.append(f"the input {name} is {wanted}, not {value!r}")
    names = {name.lower() for name in given}
    wrong += [
        f"the input {one.name} is missing"
        for key, one in workflow.dispatch.items()
        if one.required and not one.default and key not in names
    ]
    if wrong:
        raise InputError("\n".join(wrong), fix="give it with --input NAME=VALUE")
    return {workflow.dispatch[name.lower()].name: value for name, value in given.items()}


def payload(event: str, workspace: Workspace, given: Mapping[str, str]) -> dict[str, Any]:
    """The event's document."""
    state = workspace.state
    owner, _, name = workspace.name.partition("/")
    repository = {
        "name": name,
        "full_name": workspace.name,
        "owner": {"login": owner},
        "default_branch": MAIN,
        "fork": False,
    }
    head = {"ref": state.branch, "after": state.commit, "repository": repository}
    if event == PUSH:
        commit = {"id": state.commit, "message": state.message}
        return {**head, "before": "0" * 40, "head_commit": commit, "forced": False}
    if event == DISPATCH:
        return {"ref": state.branch, "repository": repository, "inputs": dict(given)}
    branch = state.branch.removeprefix("refs/heads/")
    ours = {"sha": state.commit, "repo": repository}
    pull = {
        "number": 1,
        "title": state.message,
        "head": {**ours, "ref": branch},
        "base": {**ours, "ref": MAIN},
        "draft": False,
    }
    return {"action": "opened", "number": 1, "pull_request": pull, "repository": repository}
