"""Who has signed in: the same for the whole run of an operation, whatever it speaks to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from modelyard.azure.identity import clouds, ways
from modelyard.azure.identity.clouds import PUBLIC, AzureCloud
from modelyard.azure.identity.sign_in import SignIn, Way
from modelyard.azure.identity.variables import AUTOMATIC
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operations.inputs.identity_inputs import WAYS, IdentityInputs, Late, Own


@dataclass(frozen=True)
class SignedIn:
    """Who asks, in which cloud."""

    cloud: AzureCloud
    sign_in: SignIn
    late: Late

    def session(
        self, context: Context, *, read_only: bool, address: str = "", like: str = ""
    ) -> Session:
        """A session to Resource Manager. Nothing is sent yet.

        :param address: of another service that takes its tokens.
        :param like: see :meth:`SignIn.token`.
        """
        resource = self.cloud.resource_manager
        token = self.sign_in.token(resource, clock=context.clock, like=like)
        return Session(
            address or resource, clock=context.clock, credential=token, read_only=read_only
        )


def signed_in(inputs: IdentityInputs, context: Context) -> SignedIn:
    """Who signs in for this run. Nothing is sent yet.

    Whoever asks first decides it: that a key vault is read before the workspace is asked makes
    neither a second sign-in nor another cloud.

    :raises InputError: when no way can be tried.
    """
    found = context.signed_in
    if not isinstance(found, SignedIn):
        late = Late()
        own = inputs.own(context, late)
        cloud = _cloud(inputs, context, own.workspace_url)
        found = context.signed_in = SignedIn(cloud, _sign_in(inputs, context, cloud, own), late)
    return found


def _cloud(inputs: IdentityInputs, context: Context, workspace_url: str) -> AzureCloud:
    """The cloud that the inputs name, or that follows from them; else the public one."""
    if inputs.azure_cloud:
        return clouds.by_name(inputs.azure_cloud)
    if inputs.azure_service_connection:
        with suppress(InputError):  # the table of ways says what is wrong with it
            connection = context.ci.service_connection(inputs.azure_service_connection)
            return clouds.of_connection(connection.environment)
    return clouds.of_workspace(workspace_url) or PUBLIC


def _sign_in(inputs: IdentityInputs, context: Context, cloud: AzureCloud, own: Own) -> SignIn:
    """The ways to sign in, in their order."""
    every = [*ways.ways(inputs, context.ci, context.environment, cloud), *own.ways]
    wanted = [way for way in every if inputs.sign_in in (AUTOMATIC, way.name)]
    if not wanted:
        raise InputError(
            f"sign-in is {inputs.sign_in}, which isn't a way to sign in here",
            fix=f"choose one of {', '.join(way.name for way in every)}",
        )
    last = len(WAYS) - 1
    wanted.sort(key=lambda way: last - 0.5 if way.name in own.later else WAYS.index(way.name))

    def chosen(way: Way) -> None:
        context.log.info("signed in by %s: %s", way.name, way.who)
        if way.warning and inputs.sign_in == AUTOMATIC:  # who names it has been told
            context.log.warning("%s", way.warning)

    return SignIn(wanted, chosen=chosen, allowed_tenants=inputs.allowed_tenants)
