"""The way back from a new deployment: what served before serves alone again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.azureml import online, online_traffic
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineDeployment, OnlineEndpoint
from modelyard.context import Context
from modelyard.errors import AlreadyExists, ModelyardError
from modelyard.http import Session
from modelyard.operations.deployments import trying
from modelyard.operations.deployments.change import KEPT, Change
from modelyard.operations.deployments.remains import RELEASE_SECONDS


def release(session: Session, place: Place, kept: str, context: Context) -> None:
    """For the release step: what a job that was cut off has left. Safe to call twice."""
    change = Change(**json.loads(kept))
    take_back(session, place, change, context, wait=RELEASE_SECONDS, shown="")


def take_back(
    session: Session,
    place: Place,
    change: Change,
    context: Context,
    *,
    wait: float | None,
    shown: str | None,
) -> None:
    """Traffic first; then the log, then the new deployment. A fault here isn't the first one.

    What isn't of this rollout is left alone: a deployment of that name which another job has made
    since, with its traffic, and an endpoint which that job has found and deploys to.

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
        there = online.deployments(session, place, change.endpoint)
        if _is_anothers(endpoint, there, change):
            context.log.warning(
                "deployment %s: it or its traffic is another job's by now, and nothing is taken "
                "back",
                change.new,
            )
            context.let_go(KEPT)
            return
        if any(one.name == change.new for one in there):
            _restore(session, place, endpoint, change, context, wait)
            _keep_log(session, place, change, context, shown)
        _delete(session, place, endpoint, there, change, context, wait)
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


def _is_anothers(
    endpoint: OnlineEndpoint, there: Sequence[OnlineDeployment], change: Change
) -> bool:
    """Also where the one that served has gone or was made anew: traffic can't go back to it."""
    origins = {one.name: one.origin for one in there}
    return (
        bool(set(endpoint.traffic) - {change.live, change.new})
        or origins.get(change.new, change.origin) != change.origin
        or bool(change.live and origins.get(change.live) != change.live_origin)
    )


def _restore(
    session: Session,
    place: Place,
    endpoint: OnlineEndpoint,
    change: Change,
    context: Context,
    wait: float | None,
) -> None:
    if change.new in endpoint.traffic:
        online_traffic.set_traffic(
            session, place, endpoint, change.before, proven=change.live, timeout=wait
        )
        context.log.info("traffic: %s", online_traffic.told(change.before))


def _delete(
    session: Session,
    place: Place,
    endpoint: OnlineEndpoint,
    there: Sequence[OnlineDeployment],
    change: Change,
    context: Context,
    wait: float | None,
) -> None:
    """The deployment, or the endpoint where this rollout has made it and nothing else is there."""
    names = {one.name for one in there}
    if endpoint.origin == change.origin and names <= {change.new}:
        online.delete_endpoint(session, place, change.endpoint, timeout=wait)
        context.log.info("endpoint %s: deleted, it was new", change.endpoint)
    elif change.new in names:
        online.delete_deployment(session, place, change.endpoint, change.new, timeout=wait)
        context.log.info("deployment %s: deleted", change.new)


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
