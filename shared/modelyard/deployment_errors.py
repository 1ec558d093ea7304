"""Errors of deployments that move traffic; see ``errors`` for what all of them are."""

from __future__ import annotations

from modelyard.errors import ModelyardError


class TrafficFailed(ModelyardError):
    """With a part of the traffic the new deployment made errors or was slow: it was taken back."""

    identifier = "MY044"
    exit_code = 44
    cause = "the new deployment answers real requests worse than the smoke test's"
    fix = "see its log above; deploy again with smaller steps of traffic or a longer watch"
