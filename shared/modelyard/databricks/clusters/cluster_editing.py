"""Giving a cluster another definition, also when the answer is lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from modelyard.databricks.clusters import clusters
from modelyard.databricks.clusters.cluster_comparison import differences
from modelyard.errors import NotFound, ServiceError
from modelyard.http import Session

log = logging.getLogger(__name__)


def edit(session: Session, cluster_id: str, whole: Mapping[str, Any]) -> None:
    """Replace the definition of a RUNNING (it restarts) or TERMINATED cluster.

    :param whole: every field of it (``cluster_comparison.merged``).
    :raises ServiceError: also INVALID_STATE, unless an edit whose answer was lost took effect: its
        repetition meets a cluster that restarts already.
    """
    try:
        clusters.edit(session, cluster_id, whole)
    except ServiceError as error:
        if error.code != "INVALID_STATE" or isinstance(error, NotFound):
            raise
        if differences(whole, clusters.get(session, cluster_id).body):
            raise
        log.debug("the edit took effect: %s", error.what)
