"""The way back from a new deployment: what served before serves alone again."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from modelyard.azureml import online, online_traffic
from modelyard.azureml.connection import Place
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

    A deployment of that name which another job has made since is left alone, with its traffic.

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
        there = online.find_deployment(session, place, change.endpoint, change.new)
        if there is not None and there.fingerprint != change.fingerprint:
            context.log.warning(
                "deployment %s: it is another job's by now, and nothing is taken back", change.new
            )
            context.let_go(KEPT)
            return
        restored = {change.live: 100} if change.live else {}
        if endpoint.traffic != restored:
            online_traffic.set_traffic(
                session, place, endpoint, restored, proven=change.live, timeout=wait
            )
            context.log.info("traffic: %s", online_traffic.told(restored))
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
