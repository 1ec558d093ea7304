"""Targets managed and kubernetes: a registered model behind an online endpoint of Azure ML."""

from __future__ import annotations

import secrets

from modelyard.azure.long_running import DONE, OperationFailed
from modelyard.azureml import computes, online, serving, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineDeployment, OnlineEndpoint
from modelyard.context import Context
from modelyard.deployment_errors import Overtaken
from modelyard.errors import DeploymentFailed, InputError
from modelyard.http import Session
from modelyard.operations.deployments import blue_green, proven, remains
from modelyard.operations.deployments.change import Change, other_slot
from modelyard.operations.deployments.online_inputs import OnlineInputs, serving_of
from modelyard.operations.deployments.remains import Remain
from modelyard.operations.deployments.results import (
    CREATED,
    LEFT_ALONE,
    UPDATED,
    Deployed,
    said,
)
from modelyard.operations.deployments.rollout import Rollout, rollout_of
from modelyard.operations.inputs.azureml_inputs import connect, place_of

_MODES = {"key": "Key", "aml-token": "AMLToken"}


def deploy(
    inputs: OnlineInputs, name: str, target: str, context: Context, *, dry_run: bool
) -> Deployed:
    """Put the model behind the endpoint, blue/green; the same again changes nothing."""
    wanted, rollout = serving_of(inputs, target), rollout_of(inputs)
    place = place_of(inputs, context)
    session = connect(inputs, context, read_only=dry_run)
    workspace = workspaces.require(session, place)
    planned = serving.plan(session, place, wanted)
    endpoint = online.find(session, place, name)
    if endpoint is not None:
        _check_endpoint(endpoint, target, inputs, context)
    elif inputs.compute:
        computes.check_usable(
            session,
            place,
            inputs.compute,
            computes.KUBERNETES,
            otherwise="attach a Kubernetes cluster by aml-compute; on AKS of SDK v1 take target "
            "aks",
        )
    live = proven.live(session, place, endpoint, rollout, context) if endpoint else ""
    serving_now = online.find_deployment(session, place, name, live) if live else None
    if endpoint and serving_now and _is_same(endpoint, serving_now, planned.fingerprint):
        told = said(LEFT_ALONE, would=dry_run, serves="model in this way")
        context.log.info("endpoint %s: %s (%s)", name, told, live)
        if not dry_run:
            _clear_remains(session, place, name, serving_now, rollout, context)
        return Deployed(LEFT_ALONE, endpoint.scoring_url, planned.model.reference, live)
    action = UPDATED if endpoint else CREATED
    if session.read_only:
        context.log.info("endpoint %s: %s", name, said(action, would=True, serves="model"))
        return Deployed(action)
    origin = secrets.token_hex(16)
    body = serving.body(session, place, wanted, planned, origin=origin, location=workspace.location)
    live_origin = serving_now.origin if serving_now else ""
    change = Change(name, other_slot(live), live, live_origin, origin)

    def find_or_create() -> OnlineEndpoint:
        if endpoint is not None:
            return endpoint
        made = _new_endpoint(session, place, inputs, change, workspace.location, rollout)
        context.log.info("endpoint %s: created without deployments", name)
        return made

    endpoint = blue_green.roll_out(session, place, find_or_create, change, body, rollout, context)
    context.log.info("endpoint %s: %s, %s", name, action, endpoint.scoring_url)
    return Deployed(action, endpoint.scoring_url, planned.model.reference, change.new)


def _check_endpoint(
    endpoint: OnlineEndpoint, target: str, inputs: OnlineInputs, context: Context
) -> None:
    """An endpoint that is there keeps what it takes from its clients, and its cluster.

    :raises InputError: when it isn't what is asked for. A stricter one than that is a warning.
    """
    another = "take another endpoint, or delete this one"
    if inputs.auth_mode == "aml-token" and endpoint.uses_key:
        raise InputError(
            f"auth-mode is aml-token, and the endpoint {endpoint.name} takes keys",
            fix="leave auth-mode out, which keeps what it takes, or take another endpoint",
        )
    if inputs.auth_mode == "key" and not endpoint.uses_key:
        context.log.warning("endpoint %s: takes tokens, no keys, and stays so", endpoint.name)
    if (inputs.compute or "").lower() != endpoint.compute.lower():
        where = f"on the cluster {endpoint.compute}" if endpoint.compute else "a managed one"
        asked = f"compute is {inputs.compute}" if inputs.compute else f"target is {target}"
        raise InputError(
            f"{asked}, and the endpoint {endpoint.name} is {where}",
            cause="an endpoint stays where it was created",
            fix=f"{another}, or give the target and compute that it has",
        )


def _clear_remains(
    session: Session,
    place: Place,
    name: str,
    serving_now: OnlineDeployment,
    rollout: Rollout,
    context: Context,
) -> None:
    """What an earlier run couldn't delete goes on costing money."""
    old = online.find_deployment(session, place, name, other_slot(serving_now.name))
    if old is None:
        return
    if remains.is_left(old, serving_now, context.clock.time()):
        remain = Remain(name, old.name, old.origin)
        remains.clear(session, place, remain, context, timeout=rollout.timeout)
    else:
        context.log.info("deployment %s: left alone, another job may be at work on it", old.name)


def _is_same(endpoint: OnlineEndpoint, serving_now: OnlineDeployment, fingerprint: str) -> bool:
    return (
        endpoint.traffic == {serving_now.name: 100}
        and serving_now.fingerprint == fingerprint
        and serving_now.state == DONE
    )


def _new_endpoint(
    session: Session,
    place: Place,
    inputs: OnlineInputs,
    change: Change,
    location: str,
    rollout: Rollout,
) -> OnlineEndpoint:
    """:raises Overtaken: when another job has created it since: this would take its traffic."""
    if online.find(session, place, change.endpoint) is not None:
        raise Overtaken(f"the endpoint {change.endpoint} was created meanwhile")
    properties = {"authMode": _MODES[inputs.auth_mode]}
    if inputs.compute:
        properties["compute"] = f"{place.path}/computes/{inputs.compute}"
    try:
        return online.create(
            session,
            place,
            change.endpoint,
            location=location,
            origin=change.origin,
            properties=properties,
            timeout=rollout.timeout,
        )
    except OperationFailed as error:
        raise DeploymentFailed(error.what) from None
