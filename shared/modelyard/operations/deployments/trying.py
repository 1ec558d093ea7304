"""What was deployed is tried before it counts, and what failed is told with the end of its log."""

from __future__ import annotations

from modelyard.azureml.advice import advice
from modelyard.context import Context
from modelyard.endpoints import scoring
from modelyard.endpoints.rows import Rows
from modelyard.errors import DeploymentFailed, ServiceError
from modelyard.log_ends import indented, without_server
from modelyard.operations.deployments.rollout import Rollout


def failed(error: ServiceError, log: str) -> DeploymentFailed:
    """The error of a deployment that isn't healthy; cause and fix are those that its log shows."""
    cause, fix = advice([log, error.what])
    shown = f"\nthe end of its log:\n{indented(without_server(log))}" if log.strip() else ""
    return DeploymentFailed(f"{error.what}{shown}", cause=cause, fix=fix)


def masked(key: str, context: Context) -> str:
    """A key that may be used: nothing shows it from now on. Empty for who takes everybody."""
    if key:
        context.ci.mask(key)
    return key


def show_log(name: str, text: str, shown: str, context: Context) -> None:
    """What a server has printed, folded; not again what was shown of it before."""
    context.show_remote(f"log of {name}", text.removeprefix(shown))


def smoke_test(
    what: str,
    url: str,
    key: str,
    rows: Rows,
    rollout: Rollout,
    context: Context,
    *,
    deployment: str = "",
) -> None:
    """Score the rows and assert what comes back.

    :param what: for the log, such as ``service wine``.
    :param deployment: of an online endpoint: ask this one, whatever the traffic.
    :raises EndpointTestFailed: when it isn't what is expected.
    """
    answer = scoring.score(
        url,
        rows,
        clock=context.clock,
        key=key,
        timeout=rollout.watch.timeout,
        deployment=deployment,
    )
    rollout.expected.check(answer, rows)
    context.log.info("%s: smoke test passed, %.0f ms", what, answer.median_milliseconds)
