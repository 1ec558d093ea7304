"""Reading many secrets: several at a time, and all that goes wrong in one message."""

from __future__ import annotations

from collections.abc import Sequence

from modelyard.azure.key_vault import Secret, Vaults
from modelyard.azure.key_vault.names import Reference
from modelyard.errors import ModelyardError, ServiceError
from modelyard.parallel import MOST, Stop, each


def read_all(vaults: Vaults, sources: Sequence[Reference], *, parallel: int = MOST) -> list[Secret]:
    """The secrets, in their order.

    :raises ServiceError: one for all that can't be read.
    """

    def read(one: Reference, _stop: Stop) -> Secret | ModelyardError:
        try:
            return vaults.read(one)
        except ModelyardError as error:
            return error

    answers = each(vaults, read, sources, parallel=parallel)
    failures = [one for one in answers if isinstance(one, ModelyardError)]
    if failures:
        raise together(failures)
    return [one for one in answers if isinstance(one, Secret)]


def together(errors: Sequence[ModelyardError]) -> ModelyardError:
    """One error that says what all of these say, each cause and fix once."""
    first = errors[0]
    if len(errors) == 1:
        return first
    lines = [f"{len(errors)} secrets can't be read:", *(f"  {one.what}" for one in errors)]
    causes = dict.fromkeys(one.cause for one in errors if one.cause)
    fixes = dict.fromkeys(one.fix for one in errors if one.fix)
    alike = all(type(one) is type(first) for one in errors)
    made = (type(first) if alike else ServiceError)("\n".join(lines))
    made.cause = "; ".join(causes)
    made.fix = "\n       ".join(fixes)
    return made
