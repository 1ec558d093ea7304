"""aml-compute: a compute of an Azure ML workspace that is as it shall be."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from modelyard import summary
from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import computes, workspaces
from modelyard.azureml.advice import advice
from modelyard.azureml.computes import DATABRICKS, TOKEN, Compute, Wanted
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.errors import AlreadyExists, ServiceError
from modelyard.http import Session
from modelyard.operation import Operation, result
from modelyard.operations.computes import workspace_token
from modelyard.operations.computes.asked import check_scale, wanted
from modelyard.operations.computes.compute_inputs import ComputeInputs
from modelyard.operations.inputs import times
from modelyard.operations.inputs.azureml_inputs import connect, place_of

CREATED, ATTACHED, UPDATED, REPLACED, LEFT_ALONE = (
    *("created", "attached", "updated", "replaced"),
    "left-alone",
)

_FIXED = {
    "vmSize": "vm-size",
    "vmPriority": "low-priority",
    "resourceId": "attach",
    "namespace": "namespace",
    "agentVmSize": "vm-size",
    "clusterPurpose": "dev-test",
}
"""Settings that a compute keeps as long as it is there, and the inputs that ask for them."""


@dataclass(frozen=True)
class Outputs:
    compute_name: str | None = result("Name of the compute; always set.")
    compute_id: str | None = result("Its Azure resource id; set when it is there.")
    action: str | None = result(
        "created, attached, updated, replaced or left-alone (in a dry run: would be); set when "
        "that is decided."
    )
    error: str | None = result("What went wrong; set when it failed.")


def run(inputs: ComputeInputs, context: Context) -> Outputs:
    asked = wanted(inputs)
    times.time_out(inputs.timeout_minutes)
    workspace_token.check(inputs)
    place = place_of(inputs, context)
    context.publish(compute_name=inputs.compute_name)
    session = connect(inputs, context, read_only=inputs.dry_run)
    location = workspaces.require(session, place).location
    found = computes.find(session, place, inputs.compute_name)
    action, why = _action(session, place, inputs, context, asked, found)
    told = f" ({why})" if why else ""
    if action == LEFT_ALONE or session.read_only:
        would = "" if action == LEFT_ALONE else "would be "
        context.log.info("compute %s: %s%s%s", inputs.compute_name, would, action, told)
        return _outputs(place, inputs, found, action, context)
    if asked.kind == DATABRICKS:
        token = workspace_token.get(session, place, inputs, context)
        asked = dataclasses.replace(asked, secret={TOKEN: token})
    made = _changed(session, place, inputs, asked, found, location)
    workspace_token.attached(inputs, context)
    context.log.info("compute %s: %s%s", inputs.compute_name, action, told)
    return _outputs(place, inputs, made, action, context)


def release(state: dict[str, str], inputs: ComputeInputs, context: Context) -> None:
    if token := state.get(workspace_token.KEY):
        session = connect(inputs, context, read_only=False)
        workspace_token.revoke(session, place_of(inputs, context), inputs, context, token)


def _action(
    session: Session,
    place: Place,
    inputs: ComputeInputs,
    context: Context,
    asked: Wanted,
    found: Compute | None,
) -> tuple[str, str]:
    """What is to be done, and why. Changes nothing."""
    name = inputs.compute_name
    if found is None:
        return (ATTACHED if asked.resource_id else CREATED), ""
    if found.kind != asked.kind:
        raise AlreadyExists(
            f"the compute {name} is of the type {found.kind}, not {asked.kind}",
            cause="another one has this name",
            fix="take another name, or detach or delete the other one",
        )
    changed = computes.differences(found, asked)
    told = ", ".join(f"{one} {now!r} -> {then!r}" for one, (now, then) in changed.items())
    if inputs.replace:
        return REPLACED, told
    computes.check_ready(found)
    if fixed := [_FIXED[one] for one in sorted(_FIXED.keys() & changed.keys())]:
        raise AlreadyExists(
            f"the compute {name} is there, and its {', '.join(fixed)} can't be changed: {told}",
            fix="set replace" if asked.resource_id else "take another name, or delete it",
        )
    if changed:
        check_scale(found, asked)
        return UPDATED, told
    why = ""
    if asked.kind == DATABRICKS:
        why = workspace_token.why_new(session, place, inputs, context)
    return (UPDATED if why else LEFT_ALONE), why


def _changed(
    session: Session,
    place: Place,
    inputs: ComputeInputs,
    asked: Wanted,
    found: Compute | None,
    location: str,
) -> Compute:
    timeout = times.time_out(inputs.timeout_minutes)
    name = inputs.compute_name
    try:
        if found is not None and not inputs.replace:
            return computes.update(session, place, found, asked, timeout=timeout)
        if found is not None:
            computes.detach(session, place, name, timeout=timeout)
        return computes.put(session, place, name, asked, location=location, timeout=timeout)
    except ServiceError as error:
        if type(error) not in (ServiceError, OperationFailed):  # no right to do it, and the like
            raise
        cause, fix = advice([error.what])
        raise ServiceError(error.what, code=error.code, cause=cause, fix=fix) from None


def _outputs(
    place: Place, inputs: ComputeInputs, compute: Compute | None, action: str, context: Context
) -> Outputs:
    cells = (inputs.compute_name, inputs.compute_type, place.workspace, action)
    context.ci.summary(
        summary.table(
            ("compute", "type", "workspace", ""), [tuple(summary.escape(one) for one in cells)]
        )
    )
    return Outputs(compute_id=compute.id if compute else None, action=action)


OPERATION = Operation(
    name="aml-compute",
    title="Get, create or attach an Azure ML compute",
    description="Creates a cluster of an Azure ML workspace, or attaches a Databricks workspace "
    "or a Kubernetes cluster to it. An AKS cluster for web services is created or attached. What "
    "is there is compared with the inputs that are given: it is left alone, or changed where it "
    "can be, and keeps all that isn't asked for. "
    "One of another type under the same name is an error. An "
    "access token for Databricks is minted only when it is needed, lasts for a time, and is "
    "revoked when the job ends, with no harm to other jobs that work with the compute.",
    group="Azure ML",
    task_id="f3a1f8de-6a37-4f0e-8c1b-61f4be1a7c53",
    inputs=ComputeInputs,
    outputs=Outputs,
    run=run,
    release=release,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="subscription-id: 00000000-0000-0000-0000-000000000000\nworkspace-name: wine\n"
    "compute-name: cpu\ncompute-type: amlcompute\nvm-size: STANDARD_DS3_V2\nmax-nodes: 4",
)
