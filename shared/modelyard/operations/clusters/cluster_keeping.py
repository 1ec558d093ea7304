"""What cluster-start leaves to its release step, and what it stops itself when it is cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from modelyard.context import Context
from modelyard.databricks.clusters import cluster_stopping
from modelyard.databricks.clusters.clusters import Cluster
from modelyard.errors import Cancelled, ModelyardError
from modelyard.http import Session


@dataclass(frozen=True)
class Keeper:
    """Keeps for the release step what this step created or started.

    Always before the call: what is created is found by its name and mark, so it is stopped even
    when this process dies before it learns the id.
    """

    context: Context
    release: str
    """The input: auto, terminate, permanent-delete or none."""
    for_this_run: bool
    """The cluster's name has a suffix."""

    def new(self, name: str, token: str) -> None:
        """A cluster is about to be created."""
        self._keep(cluster_name=name, token=token, release=self._mode(created=True))

    def known(self, cluster_id: str) -> None:
        """The cluster of :meth:`new` has this id."""
        self._keep(cluster_id=cluster_id)

    def existing(self, cluster: Cluster, *, created: bool) -> None:
        """A cluster is about to be started, or an earlier try of this step created it."""
        if not self.context.kept.get("cluster_id"):
            mode = self._mode(created=created)
            self._keep(cluster_name=cluster.name, release=mode, cluster_id=cluster.cluster_id)

    def _mode(self, *, created: bool) -> str:
        """A cluster that was there before this step is terminated at most."""
        for_ever = self.release == "permanent-delete" or (
            self.release == "auto" and self.for_this_run
        )
        return "permanent-delete" if created and for_ever else "terminate"

    def _keep(self, **state: str) -> None:
        if self.release != "none":
            for key, value in state.items():
                self.context.keep(key, value)

    @contextmanager
    def terminating_when_cancelled(self, session: Session) -> Iterator[None]:
        """The agent kills a cancelled step some seconds later: the call must be sent before."""
        try:
            yield
        except Cancelled:
            state = {key: value for key, value in self.context.kept.items() if value}
            if state:
                try:
                    cluster_stopping.terminate_kept(session, state)
                except ModelyardError as error:
                    self.context.log.warning("%s; the end of the job tries it again", error.what)
            raise
