"""The variables of the program that speaks SDK v1: those of the step, without its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from modelyard import operations
from modelyard.azure.identity import credential_variables
from modelyard.azure.identity.credential_variables import MANAGED_IDENTITY


def without_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The program gets tokens when it asks for them; a definition finds nothing that makes more."""
    return credential_variables.without(environment, MANAGED_IDENTITY | _secret_inputs())


@cache
def _secret_inputs() -> frozenset[str]:
    """Where secret inputs of all operations are looked for: a job may map them for several."""
    return frozenset(
        name
        for operation in operations.every()
        for member in operation.input_members
        if member.spec.secret
        for name in member.spec.environment
    )
