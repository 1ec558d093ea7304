"""Running an operation: inputs in, outputs out, and an exit code that tells the truth."""

from __future__ import annotations

import dataclasses
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.account_errors import WorkspaceNotAllowed
from modelyard.ci.base import CISystem
from modelyard.ci.logs import logging_to
from modelyard.clock import Clock
from modelyard.context import Context
from modelyard.errors import (
    Cancelled,
    InputError,
    ModelyardError,
    PolicyViolation,
    Unreachable,
    WaitTimeout,
)
from modelyard.masking import SHORTEST, too_short
from modelyard.operation import Member, Operation
from modelyard.reading import (
    Source,
    environment_source,
    mapping_source,
    read_inputs,
    secrets_of,
)
from modelyard.secret_references import is_reference
from modelyard.signals import Signals

INTERNAL_ERROR = 70
LookUp = Callable[[Any, Context], Any]
"""Gives the inputs with secrets in place of what refers to them (``keyvault://VAULT/NAME``)."""
DATABRICKS, REGISTRY = ".azuredatabricks.net", "/v2/"
"""In the address of a workspace, and of a registry of images."""
NOT_EMULATED = "is not emulated, and the local cloud"
"""What the local cloud says of a host that isn't among its own."""


def execute(
    operation: Operation[Any, Any],
    given: Mapping[str, str],
    ci: CISystem,
    *,
    more_sources: Sequence[Source] = (),
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    from_ci: bool = True,
    look_up: LookUp | None = None,
) -> int:
    """Run the operation and return the exit code.

    :param given: inputs by kebab-case name, before what the CI system has, then ``more_sources``,
        then the environment.
    :param from_ci: the step itself is the operation, so its inputs are the operation's.
    :param look_up: called where a secret input refers to a secret.
    """
    environment = os.environ if environment is None else environment
    signals = Signals()
    context = Context(operation, ci, clock=clock, signals=signals, environment=environment)
    inputs: Any = None

    def work() -> None:
        nonlocal inputs
        ci.begin()
        inputs = _inputs(operation, given, context, more_sources, from_ci, look_up)
        context.publish(**_as_dict(operation.run(inputs, context)))

    with logging_to(ci), signals.installed():
        code = _judge(work, context)
        if code and inputs is not None and not ci.releases_later:
            code = _release_at_once(operation, inputs, context) or code
    return code


def release(
    operation: Operation[Any, Any],
    given: Mapping[str, str],
    ci: CISystem,
    *,
    more_sources: Sequence[Source] = (),
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    from_ci: bool = True,
    look_up: LookUp | None = None,
) -> int:
    """The release step: stop what ``execute`` kept. Does nothing where nothing is kept any more."""
    environment = os.environ if environment is None else environment
    signals = Signals()
    context = Context(operation, ci, clock=clock, signals=signals, environment=environment)

    def work() -> None:
        context.kept = {key: value for key, value in ci.load_state().items() if value}
        if operation.release is None or not context.kept:
            ci.write(f"{operation.name}: nothing to release")
            return
        inputs = None
        if operation.release_reads_inputs:
            inputs = _inputs(operation, given, context, more_sources, from_ci, look_up)
        _release(operation, inputs, context)

    with logging_to(ci), signals.installed():
        return _judge(work, context)


def _inputs(
    operation: Operation[Any, Any],
    given: Mapping[str, str],
    context: Context,
    more_sources: Sequence[Source],
    from_ci: bool,
    look_up: LookUp | None,
) -> Any:
    ci = context.ci
    sources = [
        mapping_source(given),
        *((ci.given,) if from_ci else ()),
        *more_sources,
        environment_source(context.environment),
    ]
    unknown = ci.unknown_inputs(operation.input_members) if from_ci else ()
    inputs = read_inputs(
        operation,
        [_masked(source, context) for source in sources],
        unknown,
        named=ci.input_name,
    )
    _mask(inputs, context)
    if look_up is not None and any(map(is_reference, secrets_of(inputs))):
        inputs = look_up(inputs, context)
        _mask(inputs, context)
    return inputs


def _mask(inputs: Any, context: Context) -> None:
    for secret in secrets_of(inputs):
        if not is_reference(secret):
            context.ci.mask(secret)


def _masked(source: Source, context: Context) -> Source:
    """The source, but its secrets are masked before anybody can complain of them."""

    def look(member: Member) -> str | None:
        text = source(member)
        # Lines of a structure are no secrets (``key: value``): its values are, once it is parsed.
        masked = member.spec.secret and member.type in (str, tuple[str, ...])
        if text and masked and not is_reference(text):
            context.ci.mask(text)
            if too_short(text):
                context.log.warning(
                    "the secret %s has lines of under %d characters: those aren't masked",
                    member.kebab,
                    SHORTEST,
                )
        return text

    return look


def _release_at_once(operation: Operation[Any, Any], inputs: Any, context: Context) -> int:
    """On a terminal nobody comes later: what a failed command started is stopped now.

    :returns: the exit code of a signal that arrived meanwhile and was held back, else 0.
    """
    context.kept = {key: value for key, value in context.kept.items() if value}
    if operation.release is None or not context.kept:
        return 0
    try:
        with context.shield():
            _judge(lambda: _release(operation, inputs, context), context)
    except Cancelled as error:
        return error.exit_code
    return 0


def _release(operation: Operation[Any, Any], inputs: Any, context: Context) -> None:
    assert operation.release is not None
    operation.release(dict(context.kept), inputs, context)
    for key in list(context.kept):
        context.let_go(key)


def _judge(work: Callable[[], None], context: Context) -> int:
    """The exit code of the work; what went wrong is shown and published."""
    try:
        try:
            work()
        except (ModelyardError, Cancelled) as error:
            return _show(error, context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the last place that can tell
            return _show_unexpected(error, context)
    except Cancelled as error:  # it arrived while the other error was shown
        return error.exit_code
    except ModelyardError as error:  # the error couldn't be shown as it should be
        context.ci.write("\n".join(error.lines()))
        return error.exit_code
    return 0


def _show(error: ModelyardError | Cancelled, context: Context) -> int:
    if isinstance(error, Cancelled):
        text = f"cancelled by {error.signal_name}"
        context.annotate("error", text)
    else:
        _adapt(error, context)
        text = error.what
        context.annotate("error", "\n".join(error.lines()), file=error.file, line=error.line)
    _publish_error(text, context)
    return error.exit_code


def _adapt(error: ModelyardError, context: Context) -> None:
    """Make what the error says fit the place where it is read.

    Errors of services and runs hold other people's words, where nothing is replaced.
    """
    if isinstance(error, Unreachable) and NOT_EMULATED in error.what:
        error.cause = "this runs within the local cloud, which forwards nothing to other servers"
        if DATABRICKS in error.what and (at := context.environment.get("DATABRICKS_HOST")):
            error.fix = (
                f"leave workspace-url out: here DATABRICKS_HOST names the local cloud's, {at}"
            )
        elif REGISTRY in error.what:
            error.fix = (
                "build on base-image host, with wheels from a folder: neither needs a network (in "
                "the templates, the variables BASE_IMAGE_OVERRIDE=host and WHEELS_OVERRIDE=FOLDER)"
            )
        else:
            error.fix = "`modelyard local status` lists what there is"
    if isinstance(error, (InputError, PolicyViolation, WaitTimeout, WorkspaceNotAllowed)):
        error.what = context.named(error.what)
    error.cause, error.fix = context.named(error.cause), context.named(error.fix)


def _show_unexpected(error: Exception | SystemExit, context: Context) -> int:
    for line in traceback.format_exception(error):
        context.ci.debug(line.rstrip())
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error}"
    context.annotate(
        "error",
        f"{text}\n"
        f"  cause: a fault of Modelyard at {Path(place.filename).name}:{place.lineno}\n"
        f"  fix: please report it; MODELYARD_DEBUG=1 shows the traceback\n"
        f"  exit code {INTERNAL_ERROR}",
    )
    _publish_error(text, context)
    return INTERNAL_ERROR


def _publish_error(text: str, context: Context) -> None:
    if context.declares_output("error"):
        context.publish(error=context.ci.clean(text))


def _as_dict(outputs: Any) -> dict[str, Any]:
    return {field.name: getattr(outputs, field.name) for field in dataclasses.fields(outputs)}
