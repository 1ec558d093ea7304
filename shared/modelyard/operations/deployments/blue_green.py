"""A new deployment beside the one that serves: tried, given traffic in steps, or taken back.

The one that serves stays at 100 per cent until the new one has answered. Whatever goes wrong, also
a cancelled job, ends with the old one at 100 per cent and the new one gone, its log kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import online, online_traffic
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineEndpoint
from modelyard.context import Context
from modelyard.deployment_errors import Overtaken
from modelyard.endpoints import watching
from modelyard.errors import Cancelled, DeploymentFailed, ServiceError
from modelyard.http import Session
from modelyard.operations.deployments import remains, trying
from modelyard.operations.deployments.change import (
    KEPT,
    Change,
    check_traffic,
    check_undisturbed,
    or_overtaken,
)
from modelyard.operations.deployments.remains import Remain
from modelyard.operations.deployments.rollout import Rollout
from modelyard.operations.deployments.taking_back import take_back


def roll_out(
    session: Session,
    place: Place,
    find_or_create: Callable[[], OnlineEndpoint],
    change: Change,
    body: Mapping[str, Any],
    rollout: Rollout,
    context: Context,
) -> OnlineEndpoint:
    """Bring the new deployment up and move the traffic to it.

    :param find_or_create: the endpoint; one that is new is taken back with the rest.
    :raises DeploymentFailed: when it isn't healthy. EndpointTestFailed when the smoke test fails,
        TrafficFailed when it fails with a part of the traffic. Nothing has changed then.
        Overtaken when another job has changed the endpoint meanwhile; it is left as it is.
    """
    context.keep(KEPT, change.text())
    shown: str | None = ""
    try:
        endpoint = find_or_create()
        with or_overtaken(session, place, change, is_up=False):
            shown = _bring_up(session, place, change, body, rollout, context)
        with or_overtaken(session, place, change, is_up=True):
            _smoke_test(session, place, endpoint, change.new, rollout, context)
            _shift(session, place, change, rollout, context)
    except Overtaken:
        context.let_go(KEPT)  # what there is belongs to somebody else
        raise
    except BaseException as error:
        wait = None if isinstance(error, Cancelled) else rollout.timeout
        if isinstance(error, DeploymentFailed):
            shown = None  # the error tells the end of it
        take_back(session, place, change, context, wait=wait, shown=shown)
        raise
    # From here on the new one serves, whatever comes.
    old = Remain(change.endpoint, change.live, change.live_origin)
    if change.live:
        context.keep(remains.KEPT, old.text())
    context.let_go(KEPT)
    if change.live:
        remains.clear(session, place, old, context, timeout=rollout.timeout)
    return endpoint


def _bring_up(
    session: Session,
    place: Place,
    change: Change,
    body: Mapping[str, Any],
    rollout: Rollout,
    context: Context,
) -> str:
    """What the new deployment has printed, which was shown."""
    # What an earlier attempt left in this place, without traffic. A job that works on it still is
    # overtaken: of two jobs the later one deploys.
    check_traffic(session, place, change, change.before)
    online.delete_deployment(session, place, change.endpoint, change.new, timeout=rollout.timeout)
    served = f", {change.live} goes on serving" if change.live else ""
    context.log.info("deployment %s: starting without traffic%s", change.new, served)
    try:
        online.put_deployment(
            session, place, change.endpoint, change.new, body, timeout=rollout.timeout
        )
    except ServiceError as error:
        if type(error) not in (ServiceError, OperationFailed):  # no right to do it, and the like
            raise
        log = online.logs(session, place, change.endpoint, change.new)
        raise trying.failed(error, log) from None
    log = online.logs(session, place, change.endpoint, change.new)
    trying.show_log(change.new, log, "", context)
    return log


def _smoke_test(
    session: Session,
    place: Place,
    endpoint: OnlineEndpoint,
    new: str,
    rollout: Rollout,
    context: Context,
) -> None:
    if rollout.rows is None:
        context.log.warning(
            "deployment %s: rows is empty, so it isn't tried before it gets traffic, and the steps "
            "of the traffic only pass, unwatched",
            new,
        )
        return
    key = _key(session, place, endpoint, context)
    what = f"deployment {new}"
    trying.smoke_test(
        what, endpoint.scoring_url, key, rollout.rows, rollout, context, deployment=new
    )


def _shift(
    session: Session, place: Place, change: Change, rollout: Rollout, context: Context
) -> None:
    before = change.before
    for step in rollout.steps if change.live else ():
        shares = {change.live: 100 - step, change.new: step}
        endpoint = _move(session, place, change, before, shares, rollout, context)
        before = shares
        if rollout.rows is not None:
            watching.watch(
                endpoint.scoring_url,
                _key(session, place, endpoint, context),
                rollout.rows,
                change.new,
                rollout.watch,
                partial(rollout.expected.check, sent=rollout.rows),
                clock=context.clock,
            )
        else:
            context.clock.sleep(rollout.watch.seconds)
    shares = {change.new: 100}
    _move(session, place, change, before, shares, rollout, context)
    check_undisturbed(session, place, change, shares)


def _move(
    session: Session,
    place: Place,
    change: Change,
    before: Mapping[str, int],
    shares: Mapping[str, int],
    rollout: Rollout,
    context: Context,
) -> OnlineEndpoint:
    """Let the traffic go from the one to the other, unless somebody else has changed it.

    The new deployment is proven once all of it is its own.
    """
    endpoint = check_undisturbed(session, place, change, before)
    proven = change.live if change.live in shares else change.new
    online_traffic.set_traffic(
        session, place, endpoint, shares, proven=proven, timeout=rollout.timeout
    )
    context.log.info("traffic: %s", online_traffic.told(shares))
    return endpoint


def _key(session: Session, place: Place, endpoint: OnlineEndpoint, context: Context) -> str:
    return trying.masked(online.key(session, place, endpoint), context)
