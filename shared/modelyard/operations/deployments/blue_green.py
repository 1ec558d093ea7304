"""A new deployment beside the one that serves: tried, given traffic in steps, or taken back.

The one that serves stays at 100 per cent until the new one has answered. Whatever goes wrong, also
a cancelled job, ends with the old one at 100 per cent and the new one gone, its log kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modelyard.azure.long_running import OperationFailed
from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineEndpoint
from modelyard.context import Context
from modelyard.endpoints import watching
from modelyard.errors import (
    AlreadyExists,
    Cancelled,
    DeploymentFailed,
    ModelyardError,
    ServiceError,
)
from modelyard.http import Session
from modelyard.operations.deployments import remains, trying
from modelyard.operations.deployments.remains import RELEASE_SECONDS
from modelyard.operations.deployments.rollout import Rollout

KEPT = "rollout"
"""Key of what the release step takes back."""
SLOTS = ("blue", "green")


@dataclass(frozen=True)
class Change:
    """What is under way: enough to take it back, also by another process."""

    endpoint: str
    new: str
    live: str
    """The deployment that serves; empty where there is none yet."""
    endpoint_is_new: bool

    def text(self) -> str:
        return json.dumps(vars(self))


def other_slot(live: str) -> str:
    """The name for the new deployment: not the one that serves."""
    return next(slot for slot in SLOTS if slot != live)


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
    """
    context.keep(KEPT, change.text())
    shown: str | None = ""
    try:
        endpoint = find_or_create()
        shown = _bring_up(session, place, change, body, rollout, context)
        _smoke_test(session, place, endpoint, change.new, rollout, context)
        _shift(session, place, endpoint, change, rollout, context)
    except BaseException as error:
        wait = None if isinstance(error, Cancelled) else rollout.timeout
        if isinstance(error, DeploymentFailed):
            shown = None  # the error tells the end of it
        _take_back(session, place, change, context, wait=wait, shown=shown)
        raise
    # From here on the new one serves, whatever comes.
    if change.live:
        context.keep(remains.KEPT, f"{change.endpoint}/{change.live}")
    context.let_go(KEPT)
    if change.live:
        remains.clear(
            session, place, change.endpoint, change.live, context, timeout=rollout.timeout
        )
    return endpoint


def take_back(session: Session, place: Place, kept: str, context: Context) -> None:
    """For the release step: what a job that was cut off has left. Safe to call twice."""
    change = Change(**json.loads(kept))
    _take_back(session, place, change, context, wait=RELEASE_SECONDS, shown="")


def _bring_up(
    session: Session,
    place: Place,
    change: Change,
    body: Mapping[str, Any],
    rollout: Rollout,
    context: Context,
) -> str:
    """What the new deployment has printed, which was shown."""
    # What an earlier attempt left in this place, without traffic.
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
    session: Session,
    place: Place,
    endpoint: OnlineEndpoint,
    change: Change,
    rollout: Rollout,
    context: Context,
) -> None:
    for step in rollout.steps if change.live else ():
        shares = {change.live: 100 - step, change.new: step}
        online.set_traffic(session, place, endpoint, shares, timeout=rollout.timeout)
        context.log.info("traffic: %s", _told(shares))
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
    online.set_traffic(session, place, endpoint, shares, timeout=rollout.timeout)
    context.log.info("traffic: %s", _told(shares))


def _take_back(
    session: Session,
    place: Place,
    change: Change,
    context: Context,
    *,
    wait: float | None,
    shown: str | None,
) -> None:
    """Traffic first; then the log, then the new deployment. A fault here isn't the first one.

    :param wait: seconds for each change; None when the job ends at once, and the release step
        sees to the rest.
    :param shown: what was shown of the log; None where nothing more of it has to be.
    """
    try:
        endpoint = online.find(session, place, change.endpoint)
        if endpoint is None:
            if wait is not None:  # else it may be on its way
                context.let_go(KEPT)
            return
        restored = {change.live: 100} if change.live else {}
        if endpoint.traffic != restored:
            online.set_traffic(session, place, endpoint, restored, timeout=wait)
            context.log.info("traffic: %s", _told(restored) or "none")
        _keep_log(session, place, change, context, shown)
        if change.endpoint_is_new:
            online.delete_endpoint(session, place, change.endpoint, timeout=wait)
        else:
            online.delete_deployment(session, place, change.endpoint, change.new, timeout=wait)
        context.log.info("deployment %s: deleted", change.new)
    except ModelyardError as error:
        if wait is None and isinstance(error, AlreadyExists):  # 409: the traffic is on its way
            context.log.info("deployment %s: the release step deletes it", change.new)
            return
        context.annotate(
            "warning",
            f"{change.new} couldn't be taken back as a whole: {error.what}; the traffic of "
            f"{change.endpoint} has to be looked at",
        )
        return
    if wait is not None:
        context.let_go(KEPT)


def _keep_log(
    session: Session, place: Place, change: Change, context: Context, shown: str | None
) -> None:
    text = online.logs(session, place, change.endpoint, change.new)
    if not text.strip():
        return
    with TemporaryDirectory(prefix="modelyard-log-") as folder:
        path = Path(folder, f"{change.endpoint}-{change.new}.log")
        path.write_text(context.ci.clean(text), encoding="utf-8")
        context.upload(path.stem, path)
    if shown is not None:
        trying.show_log(change.new, text, shown, context)


def _key(session: Session, place: Place, endpoint: OnlineEndpoint, context: Context) -> str:
    return trying.masked(online.key(session, place, endpoint), context)


def _told(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in shares.items())
