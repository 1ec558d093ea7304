"""The access token that Azure ML uses an attached Databricks workspace with.

One is minted only where the compute has none that works: it lasts for a time, and is revoked when
the job ends unless somebody wants it to live on.
"""

from __future__ import annotations

from modelyard.azure import manager
from modelyard.azure.identity import DATABRICKS
from modelyard.azureml import computes
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.databricks import connection, tokens
from modelyard.errors import InputError, ServiceError
from modelyard.http import Session
from modelyard.operations.computes.compute_inputs import ComputeInputs
from modelyard.operations.inputs.allowed_workspaces import check_address
from modelyard.operations.inputs.signing_in import signed_in
from modelyard.operations.inputs.workspace_inputs import credential

KEY = "token"
_SHORTEST, _LONGEST = 1 / 60, 730 * 24
"""Hours that a token may last; the most is that of Databricks for new tokens."""


def is_good(session: Session, place: Place, name: str, inputs: ComputeInputs) -> bool:
    """Whether the workspace takes the token that the compute has."""
    token = computes.access_token(session, place, name)
    if not token:
        return False
    if inputs.databricks_token:
        return token == inputs.databricks_token
    return tokens.works(_address(session, inputs), token, clock=session.clock)


def get(session: Session, inputs: ComputeInputs, context: Context) -> str:
    """The token that is given, or a new one: that is revoked, unless ``attached`` is called."""
    if inputs.databricks_token:
        return inputs.databricks_token
    workspace = _workspace(session, inputs, context)
    seconds = int(inputs.token_lifetime_hours * 3600)
    with context.shield():
        made = tokens.create(workspace, f"Azure ML compute {inputs.compute_name}", seconds)
        context.ci.mask(made.value)
        context.keep(KEY, made.id)
    context.log.info(
        "minted an access token for %s hours%s",
        f"{inputs.token_lifetime_hours:g}",
        "; it is revoked when the job ends" if inputs.revoke_at_end else "",
    )
    return made.value


def attached(inputs: ComputeInputs, context: Context) -> None:
    """The compute uses the token now: it lives on, where that is asked for."""
    if not inputs.revoke_at_end:
        context.let_go(KEY)


def revoke(session: Session, inputs: ComputeInputs, context: Context, token_id: str) -> None:
    """Done twice it finds nothing left to do."""
    there = tokens.revoke(_workspace(session, inputs, context), token_id)
    context.log.info("access token %s: %s", token_id, "revoked" if there else "is gone already")
    context.let_go(KEY)


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
