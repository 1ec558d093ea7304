"""aml-datastore: datastores of an Azure ML workspace that are as they shall be."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard import summary
from modelyard.azureml import datastores, workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.datastores import IDENTITY, SIGN_IN, Datastore, Wanted
from modelyard.context import Context
from modelyard.errors import AlreadyExists, PermissionDenied
from modelyard.http import Session
from modelyard.operation import Operation, result
from modelyard.operations.datastores.asked import asked
from modelyard.operations.datastores.datastore_inputs import DatastoreInputs
from modelyard.operations.inputs.azureml_inputs import connect, connect_region, place_of
from modelyard.operations.inputs.signing_in import signed_in

CREATED, UPDATED, LEFT_ALONE = "created", "updated", "left-alone"


@dataclass(frozen=True)
class Outputs:
    datastores: tuple[str, ...] | None = result(
        "JSON list of the names of all that were asked for; set when that is decided."
    )
    created: tuple[str, ...] | None = result(
        "JSON list of those that were created (in a dry run: would be); set when all is done."
    )
    updated: tuple[str, ...] | None = result(
        "JSON list of those that were changed (in a dry run: would be); set when all is done."
    )
    left_alone: tuple[str, ...] | None = result(
        "JSON list of those that were as they shall be; set when all is done."
    )
    default_changed: bool | None = result(
        "Whether another datastore is the default now (in a dry run: would be); set when all is "
        "done."
    )
    error: str | None = result("What went wrong; set when it failed.")


@dataclass(frozen=True)
class _Plan:
    """What is to be done to one datastore."""

    wanted: Wanted
    found: Datastore | None
    action: str
    why: str


def run(inputs: DatastoreInputs, context: Context) -> Outputs:
    # First of all: whatever goes wrong from here on, no message can hold a secret.
    wanted = asked(inputs, context, signed_in(inputs, context).cloud)
    place = place_of(inputs, context)
    context.publish(datastores=tuple(one.name for one in wanted.datastores))
    session = connect(inputs, context, read_only=inputs.dry_run)
    workspace = workspaces.require(session, place)
    # All are looked at before one is changed.
    plans = [_plan(session, place, one, context) for one in wanted.datastores]
    for plan in plans:
        _carry_out(session, place, plan, context)
    moves = any(
        plan.wanted.name == wanted.default and not (plan.found and plan.found.is_default)
        for plan in plans
    )
    if moves and not session.read_only:
        api = connect_region(inputs, context, workspace, read_only=False)
        datastores.set_default(api, place, wanted.default)
    if wanted.default:
        would = "would be " if session.read_only and moves else ""
        told = f"{would}made the default" if moves else "is the default already"
        context.log.info("datastore %s: %s", wanted.default, told)
    _summary(plans, place, context)
    return Outputs(
        created=_names(plans, CREATED),
        updated=_names(plans, UPDATED),
        left_alone=_names(plans, LEFT_ALONE),
        default_changed=moves,
    )


def _plan(session: Session, place: Place, wanted: Wanted, context: Context) -> _Plan:
    """What is to be done, and why. Changes nothing."""
    found = datastores.find(session, place, wanted.name)
    if found is None:
        return _Plan(wanted, None, CREATED, "")
    if found.kind != wanted.kind:
        raise AlreadyExists(
            f"the datastore {wanted.name} is of the type {found.kind}, not {wanted.kind}",
            cause="another one has this name",
            fix="take another name, or delete the other one",
        )
    changed = datastores.differences(found, wanted)
    if wanted.sign_in == IDENTITY and SIGN_IN in changed:
        context.annotate(
            "warning",
            f"the datastore {wanted.name} has a secret ({changed[SIGN_IN][0]}) and is given none: "
            "it goes, and Azure ML signs in by identity from then on",
        )
    why = ", ".join(f"{one} {now!r} -> {then!r}" for one, (now, then) in changed.items())
    if not changed and wanted.sign_in != IDENTITY:
        why = _difference_of_secret(session, place, wanted, context)
    return _Plan(wanted, found, UPDATED if why else LEFT_ALONE, why)


def _difference_of_secret(session: Session, place: Place, wanted: Wanted, context: Context) -> str:
    try:
        kept = datastores.secret(session, place, wanted)
    except PermissionDenied:
        return "who signs in may not read its secret, so it is written again"
    if kept:
        context.ci.mask(kept)
    return "" if kept == wanted.secret else "another secret"


def _carry_out(session: Session, place: Place, plan: _Plan, context: Context) -> None:
    changes = plan.action != LEFT_ALONE
    if changes and not session.read_only:
        datastores.put(session, place, plan.wanted, plan.found)
    would = "would be " if changes and session.read_only else ""
    told = f" ({plan.why})" if plan.why else ""
    context.log.info("datastore %s: %s%s%s", plan.wanted.name, would, plan.action, told)


def _names(plans: list[_Plan], action: str) -> tuple[str, ...]:
    return tuple(plan.wanted.name for plan in plans if plan.action == action)


def _summary(plans: list[_Plan], place: Place, context: Context) -> None:
    rows = [
        tuple(
            summary.escape(one)
            for one in (plan.wanted.name, plan.wanted.account, plan.wanted.container, plan.action)
        )
        for plan in plans
    ]
    context.ci.summary(
        summary.table((f"datastore of {place.workspace}", "account", "container", ""), rows)
    )


OPERATION = Operation(
    name="aml-datastore",
    title="Create or update Azure ML datastores",
    description="Registers blob containers, file systems of Data Lake Storage Gen2 and file shares "
    "as datastores of an Azure ML workspace, one or several at once, and makes one the default. "
    "What is there is compared with what is asked for, its secret too: it is left alone, or "
    "changed. The storage itself is neither created nor asked.",
    group="Azure ML",
    task_id="5b0e7a53-6d5b-4b8e-9d0f-1f2b9c86d7a4",
    inputs=DatastoreInputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example_environment=("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
    example="subscription-id: 00000000-0000-0000-0000-000000000000\nworkspace-name: wine\n"
    "datastore-name: weather\ndatastore-type: blob\naccount: wineweather\ncontainer: days",
)
