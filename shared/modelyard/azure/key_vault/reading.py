"""Reading many secrets: several at a time, and all that goes wrong in one message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modelyard.azure.key_vault import Secret, Vaults
from modelyard.azure.key_vault.names import Reference
from modelyard.azure.key_vault.values import check_value
from modelyard.errors import InputError, ModelyardError, ServiceError
from modelyard.parallel import MOST, Stop, each


def read_all(vaults: Vaults, sources: Sequence[Reference], *, parallel: int = MOST) -> list[Secret]:
    """The secrets as they are, in their order.

    :raises ServiceError: one for all that can't be read.
    """
    return _found(_answers(vaults, sources, parallel))


def read_usable(
    vaults: Vaults,
    sources: Sequence[Reference],
    *,
    warn: Callable[[str], None],
    parallel: int = MOST,
) -> list[Secret]:
    """The secrets that are named because somebody needs their values, in their order.

    :param warn: told of each that has expired or isn't valid yet: a vault gives it all the same.
    :raises ServiceError: one for all that can't be read or used.
    """
    answers = _answers(vaults, sources, parallel)
    found = _found([_usable(*one) for one in zip(sources, answers, strict=True)])
    for source, one in zip(sources, found, strict=True):
        if why := one.attributes.unusable(vaults.clock.time()):
            warn(f"the secret {source} is {why}, and used")
    return found


def _answers(
    vaults: Vaults, sources: Sequence[Reference], parallel: int
) -> list[Secret | ModelyardError]:
    def read(one: Reference, _stop: Stop) -> Secret | ModelyardError:
        try:
            return vaults.read(one)
        except ModelyardError as error:
            return error

    return each(vaults, read, sources, parallel=parallel)


def _usable(source: Reference, answer: Secret | ModelyardError) -> Secret | ModelyardError:
    try:
        if isinstance(answer, Secret):
            check_value(source, answer.value)
    except InputError as error:
        return error
    return answer


def _found(answers: Sequence[Secret | ModelyardError]) -> list[Secret]:
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
