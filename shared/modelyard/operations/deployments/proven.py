"""The deployment that serves, also where a job that was killed has left the traffic split.

The larger part says nothing: a new deployment on trial may have 90 per cent. What counts is what
the endpoint says of itself, and without that the age.
"""

from __future__ import annotations

from modelyard.azureml import online, online_traffic
from modelyard.azureml.connection import Place
from modelyard.azureml.online import OnlineEndpoint
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operations.deployments.change import SLOTS
from modelyard.operations.deployments.rollout import Rollout


def live(
    session: Session, place: Place, endpoint: OnlineEndpoint, rollout: Rollout, context: Context
) -> str:
    """The deployment that serves, empty for none. Traffic that was left split goes back to it.

    :raises InputError: for a deployment that isn't one of model-deploy, and where nothing tells
        which one is proven.
    """
    traffic = endpoint.traffic
    if not traffic:
        return ""
    if others := [one for one in traffic if one not in SLOTS]:
        raise InputError(
            f"the deployment {others[0]} of {endpoint.name} serves, which model-deploy hasn't made",
            fix=f"model-deploy names them {' and '.join(SLOTS)}: give the traffic to "
            "one of these, or take another endpoint",
        )
    if len(traffic) == 1:
        return next(iter(traffic))
    named = endpoint.proven
    proven = named if named in traffic else _older(session, place, endpoint)
    if not session.read_only:
        context.log.warning(
            "endpoint %s: traffic was split (%s); all of it goes back to %s",
            endpoint.name,
            online_traffic.told(traffic),
            proven,
        )
        online_traffic.set_traffic(
            session, place, endpoint, {proven: 100}, proven=proven, timeout=rollout.timeout
        )
    return proven


def _older(session: Session, place: Place, endpoint: OnlineEndpoint) -> str:
    """The new one is always created beside the one that serves."""
    there = online.deployments(session, place, endpoint.name)
    found = sorted((one.created or 0.0, one.name) for one in there if one.name in endpoint.traffic)
    times = [created for created, _ in found]
    if len(found) < 2 or not times[0] or times[0] == times[1]:
        raise InputError(
            f"the traffic of {endpoint.name} is split ({online_traffic.told(endpoint.traffic)}), "
            "and nothing tells which deployment is proven",
            fix="give one of them 100 per cent, in the studio or by az ml online-endpoint update",
        )
    return found[0][1]
