"""The access token that Azure ML uses an attached Databricks workspace with.

One is minted only where the compute has none that works and stays: it lasts for a time, and is
revoked when the job ends unless somebody wants it to live on. Nobody works with a token that
another job revokes: whose each is, its comment tells (decision 52).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from modelyard.azure import manager
from modelyard.azure.identity import DATABRICKS
from modelyard.azureml import computes
from modelyard.azureml.computes import DATABRICKS as DATABRICKS_COMPUTE
from modelyard.azureml.computes import TOKEN, Wanted
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.databricks import connection, tokens
from modelyard.databricks.tokens import KnownToken, MintedToken
from modelyard.errors import InputError, PermissionDenied, ServiceError, Unauthenticated
from modelyard.http import Session
from modelyard.operations.computes.compute_inputs import ComputeInputs
from modelyard.operations.inputs import times
from modelyard.operations.inputs.allowed_workspaces import check_address
from modelyard.operations.inputs.signing_in import signed_in
from modelyard.operations.inputs.workspace_inputs import credential

KEY = "token"
_JOB = ", until the end of job "
"""In a token's comment, before the mark of the job that revokes it."""
_SHORTEST, _LONGEST = 1 / 60, 730 * 24
"""Hours that a token may last; the most is that of Databricks for new tokens."""


def why_new(session: Session, place: Place, inputs: ComputeInputs, context: Context) -> str:
    """Why the compute needs another token; empty where it can keep the one that it has."""
    token = computes.access_token(session, place, inputs.compute_name)
    not_taken = "its access token isn't taken"
    if inputs.databricks_token:
        return "" if token == inputs.databricks_token else not_taken
    if not token or not tokens.works(_address(session, inputs), token, clock=session.clock):
        return not_taken
    if not signed_in(inputs, context).sign_in.can(DATABRICKS):
        return ""
    try:
        there = _of_compute(_workspace(session, inputs, context), place, inputs)
    except (PermissionDenied, Unauthenticated):  # who may list none has minted none
        return ""
    if there and there[-1].job not in ("", _job(context)):
        return "its access token is another job's, which revokes it"
    return ""


def get(session: Session, place: Place, inputs: ComputeInputs, context: Context) -> str:
    """The token that is given, or a new one: that is revoked, unless ``attached`` is called."""
    if inputs.databricks_token:
        return inputs.databricks_token
    workspace = _workspace(session, inputs, context)
    seconds = int(inputs.token_lifetime_hours * 3600)
    job = _job(context) if _is_revoked(inputs, context) else ""
    with context.shield():
        made = _minted(workspace, place, inputs, context, job, seconds)
        context.keep(KEY, made.id)
    until = "it lives on after this command" if inputs.revoke_at_end else "it lives on"
    context.log.info(
        "minted an access token for %s hours; %s",
        f"{inputs.token_lifetime_hours:g}",
        "it is revoked when the job ends" if job else until,
    )
    return made.value


def attached(inputs: ComputeInputs, context: Context) -> None:
    """The compute uses the token now: it lives on, where nobody revokes it later."""
    if not _is_revoked(inputs, context):
        context.let_go(KEY)


def revoke(
    session: Session, place: Place, inputs: ComputeInputs, context: Context, token_id: str
) -> None:
    """Done twice it finds nothing left to do.

    Where the compute works with a token of this job, and another job is at work with it, it gets
    one that is the other job's.
    """
    workspace = _workspace(session, inputs, context)
    there, own = _of_compute(workspace, place, inputs), _job(context)
    others = [one for one in there if one.job not in ("", own)]
    try:
        if others and there[-1].job == own:
            heir = max(others, key=lambda one: one.token.expires)
            _hand_over(session, workspace, place, inputs, context, heir)
    finally:
        for one in dict.fromkeys([token_id, *(one.token.id for one in there if one.job == own)]):
            gone = tokens.revoke(workspace, one)
            context.log.info("access token %s: %s", one, "revoked" if gone else "is gone already")
    context.let_go(KEY)


def _hand_over(
    session: Session,
    workspace: Session,
    place: Place,
    inputs: ComputeInputs,
    context: Context,
    heir: _JobToken,
) -> None:
    found = computes.find(session, place, inputs.compute_name)
    if found is None:
        return
    seconds = max(60, int(heir.token.expires - context.clock.time()))
    made = _minted(workspace, place, inputs, context, heir.job, seconds)
    wanted = Wanted(DATABRICKS_COMPUTE, secret={TOKEN: made.value})
    computes.update(session, place, found, wanted, timeout=times.time_out(inputs.timeout_minutes))
    context.log.info(
        "the compute %s has a new access token: another job is at work with it",
        inputs.compute_name,
    )


@dataclass(frozen=True)
class _JobToken:
    token: KnownToken
    job: str
    """Mark of the job that revokes it; empty for one that lives on."""


def _of_compute(workspace: Session, place: Place, inputs: ComputeInputs) -> list[_JobToken]:
    """What was minted for the compute by who signs in; the compute uses the last."""
    lasting = _comment(place, inputs, "")
    return [
        _JobToken(one, one.comment.removeprefix(lasting).removeprefix(_JOB))
        for one in tokens.every(workspace)
        if one.comment == lasting or one.comment.startswith(lasting + _JOB)
    ]


def _minted(
    workspace: Session,
    place: Place,
    inputs: ComputeInputs,
    context: Context,
    job: str,
    seconds: int,
) -> MintedToken:
    made = tokens.create(workspace, _comment(place, inputs, job), seconds)
    context.ci.mask(made.value)
    return made


def _comment(place: Place, inputs: ComputeInputs, job: str) -> str:
    """Tells the compute, and the job that revokes it."""
    compute = f"Azure ML compute {place.workspace}/{inputs.compute_name}"
    return f"{compute}{_JOB}{job}" if job else compute


def _job(context: Context) -> str:
    """The same in all steps of a job."""
    who = context.ci.identity()
    text = "\n".join((who.build, who.attempt, who.job, who.instance))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _is_revoked(inputs: ComputeInputs, context: Context) -> bool:
    """Whether a release step will come for a minted token: after a single command none does."""
    return inputs.revoke_at_end and context.ci.releases_later


def check(inputs: ComputeInputs) -> None:
    """:raises InputError:"""
    if not _SHORTEST <= inputs.token_lifetime_hours <= _LONGEST:
        raise InputError(
            f"token-lifetime-hours is {inputs.token_lifetime_hours:g}",
            fix=f"give at least a minute and at most {_LONGEST}, which is 730 days",
        )


def _address(session: Session, inputs: ComputeInputs) -> str:
    """:raises WorkspaceNotAllowed: before anything is sent to it."""
    found = manager.workspace_by_id(session, str(inputs.attach))
    base = connection.workspace_base(found.url)
    check_address(base, inputs.allowed_workspaces, given_by="attach")
    return base


def _workspace(session: Session, inputs: ComputeInputs, context: Context) -> Session:
    found = signed_in(inputs, context)
    if not found.sign_in.can(DATABRICKS):
        raise ServiceError(
            "who signs in can't mint a token of the Databricks workspace",
            fix="give databricks-token, or sign in as an identity of Microsoft Entra",
        )
    url = _address(session, inputs)
    signed = credential(found.sign_in, str(inputs.attach), found.cloud, context)
    return connection.connect(url, signed, clock=context.clock)
