"""Who reads a key vault: the identity of the operation, whatever else it speaks to."""

from __future__ import annotations

from typing import Any

from modelyard.azure.key_vault import Vaults
from modelyard.context import Context
from modelyard.credentials import Credential
from modelyard.operation import members
from modelyard.operations.inputs.identity_inputs import IdentityInputs
from modelyard.operations.inputs.signing_in import signed_in
from modelyard.reading import environment_source, parse


def vaults(inputs: Any, context: Context) -> Vaults:
    """The vaults, read as the identity that the inputs name.

    :param inputs: of any operation: one without an identity takes that of the variables.
    :raises InputError: when no identity is given.
    """
    identity = inputs if isinstance(inputs, IdentityInputs) else _of_variables(context)
    who = signed_in(identity, context)
    who.sign_in.check(who.cloud.vault_resource)

    def credential(resource: str) -> Credential:
        return who.sign_in.token(resource, clock=context.clock)

    return Vaults(credential, clock=context.clock, cloud=who.cloud)


def _of_variables(context: Context) -> IdentityInputs:
    """The inputs of an identity as the environment variables of each have them."""
    look = environment_source(context.environment)
    found = {one.name: (one, look(one)) for one in members(IdentityInputs)}
    return IdentityInputs(**{name: parse(one, text) for name, (one, text) in found.items() if text})
