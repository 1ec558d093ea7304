"""Targets aci and aks: a registered model behind a web service of Azure ML, as SDK v1 has them."""

from __future__ import annotations

import secrets
from typing import Any

from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import assets, computes, web_services, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.first_sdk import SUPPORT_ENDED
from modelyard.azureml.marks import FINGERPRINT, ORIGIN
from modelyard.azureml.web_services import ACI, AKS, HEALTHY, WebService
from modelyard.context import Context
from modelyard.deployment_errors import Overtaken
from modelyard.errors import EndpointTestFailed, InputError, NotTheService
from modelyard.http import Session
from modelyard.operations.deployments import service_request, trying
from modelyard.operations.deployments.online_inputs import variables_of
from modelyard.operations.deployments.results import (
    CREATED,
    LEFT_ALONE,
    UPDATED,
    Deployed,
    said,
)
from modelyard.operations.deployments.rollout import Rollout, rollout_of
from modelyard.operations.deployments.service_inputs import Service, ServiceInputs, service_of
from modelyard.operations.inputs.azureml_inputs import connect, connect_region, place_of

KEPT = "service"
"""Key of the service that the release step deletes: one that this step began to create."""
_CAUSE = "the scoring server didn't come up"
_FIX = "correct what its log names"
_REPLACED = "what served before was replaced, and nothing serves now"
_MEANWHILE = "to serve meanwhile, deploy the model that served before"


def deploy(
    inputs: ServiceInputs, name: str, target: str, context: Context, *, dry_run: bool
) -> Deployed:
    """Deploy the service, or overwrite it; the same again changes nothing."""
    wanted = service_of(inputs, target, variables_of(inputs.environment_variables))
    rollout = rollout_of(inputs)
    place = place_of(inputs, context)
    context.log.info("%s", SUPPORT_ENDED)
    session = connect(inputs, context, read_only=dry_run)
    workspace = workspaces.require(session, place)
    model = assets.look_up(session, place, "models", wanted.model, "model")
    fingerprint = wanted.fingerprint(model.id)
    region = connect_region(inputs, context, workspace, read_only=dry_run)
    before = web_services.find(region, place, name)
    action = _action(before, wanted, fingerprint)
    if before is not None and action == LEFT_ALONE:
        context.log.info("service %s: %s", name, said(action, would=dry_run, serves="model"))
        if not dry_run:
            # It may be what an earlier run deployed and then found wanting.
            _judge(region, place, before, rollout, context)
        return Deployed(action, before.scoring_url, model.reference)
    if dry_run:
        context.log.info("service %s: %s", name, said(action, would=True, serves="model"))
        return Deployed(action)
    if wanted.kind == AKS:
        computes.check_usable(
            session,
            place,
            wanted.compute,
            AKS,
            otherwise="name another one, or deploy with target kubernetes to an attached cluster",
        )
    body = service_request.body_of(region, place, wanted, name, model.reference, fingerprint)
    origin = secrets.token_hex(16)
    body |= {
        "kvTags": {FINGERPRINT: fingerprint, ORIGIN: origin},
        "location": workspace.location,
        **({"overwrite": True} if before else {}),
    }
    if before is None:
        context.keep(KEPT, f"{name}/{origin}")
    made, shown = _bring_up(region, place, body, before, rollout, context)
    context.let_go(KEPT)
    _judge(region, place, made, rollout, context, shown=shown)
    context.log.info("service %s: %s, %s", name, action, made.scoring_url)
    return Deployed(action, made.scoring_url, model.reference)


def take_back(inputs: ServiceInputs, kept: str, context: Context) -> None:
    """For the release step: delete the service that a job which was cut off began to create.

    One that another job has deployed over it since is left alone, and so is one that has come up
    all the same: another job may have found it as it shall be.
    """
    name, _, origin = kept.partition("/")
    place = place_of(inputs, context)
    workspace = workspaces.require(connect(inputs, context, read_only=False), place)
    region = connect_region(inputs, context, workspace, read_only=False)
    found = web_services.find(region, place, name)
    if found is None:
        return
    if found.origin != origin:
        context.log.warning("service %s: it is another job's by now, and stays", name)
        return
    if found.state == HEALTHY:
        context.log.warning("service %s: it has come up meanwhile, and stays", name)
        return
    web_services.delete(region, place, name)
    context.log.info("service %s: deleted, its creation was cut off", name)


def _action(before: WebService | None, wanted: Service, fingerprint: str) -> str:
    if before is None:
        return CREATED
    if before.kind != wanted.kind:
        raise InputError(
            f"the service {before.name} is one of {before.kind}, and the target is {wanted.kind}",
            fix="take another name, or delete the service",
        )
    same = before.fingerprint == fingerprint and before.state == HEALTHY
    return LEFT_ALONE if same else UPDATED


def _bring_up(
    region: Session,
    place: Place,
    body: dict[str, Any],
    before: WebService | None,
    rollout: Rollout,
    context: Context,
) -> tuple[WebService, str]:
    """The service, and what was shown of its log.

    :raises Overtaken: when it is what another job has deployed over this one.
    """
    name = str(body["name"])
    try:
        made = web_services.deploy(region, place, body, timeout=rollout.timeout)
        _check_own(made, body, before, context)
    except OperationFailed as error:
        context.let_go(KEPT)  # it stays, with its log
        _check_own(web_services.find(region, place, name), body, before, context)
        failure = trying.failed(error, web_services.logs(region, place, name))
        if body.get("overwrite") and body["computeType"] == ACI:
            failure.cause = f"{failure.cause or _CAUSE}; {_REPLACED}"
            failure.fix = f"{failure.fix or _FIX}; {_MEANWHILE}"
        raise failure from None
    log = web_services.logs(region, place, name)
    trying.show_log(name, log, "", context)
    return made, log


def _check_own(
    found: WebService | None, body: dict[str, Any], before: WebService | None, context: Context
) -> None:
    """:param before: what was there, and is again where an overwrite on AKS has failed."""
    expected = {body["kvTags"][ORIGIN], before.origin if before else None}
    if found is not None and found.origin not in expected:
        context.let_go(KEPT)
        raise Overtaken(f"the service {found.name} is what another job has deployed meanwhile")


def _judge(
    region: Session,
    place: Place,
    service: WebService,
    rollout: Rollout,
    context: Context,
    *,
    shown: str = "",
) -> None:
    """:raises EndpointTestFailed, NotTheService: telling that the service serves all the same."""
    try:
        _smoke_test(region, place, service, rollout, context)
    except (EndpointTestFailed, NotTheService) as error:
        log = web_services.logs(region, place, service.name)
        trying.show_log(service.name, log, shown, context)
        serves = f"the service {service.name} serves this model all the same: nothing takes it back"
        error.cause = f"{error.cause}; {serves}" if error.cause else serves
        error.fix = f"{error.fix}; {_MEANWHILE}"
        raise


def _smoke_test(
    region: Session, place: Place, made: WebService, rollout: Rollout, context: Context
) -> None:
    if rollout.rows is None:
        return
    key = trying.masked(web_services.key(region, place, made), context)
    trying.smoke_test(f"service {made.name}", made.scoring_url, key, rollout.rows, rollout, context)
