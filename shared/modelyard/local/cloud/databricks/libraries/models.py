"""Installing and uninstalling: PENDING -> RESOLVING -> INSTALLING -> INSTALLED, SKIPPED or FAILED.

Libraries are installed when their cluster runs: at once, or at its next start. Runs that begin
afterwards see them. An uninstalled library stays until the cluster is restarted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from modelyard.local.cloud.databricks.changes import Changes, Workers
from modelyard.local.cloud.databricks.clusters.records import USABLE, Records
from modelyard.local.cloud.databricks.libraries import specification
from modelyard.local.cloud.databricks.libraries.records import Entry, LibraryRecords
from modelyard.local.cloud.databricks.libraries.specification import Library, Unavailable
from modelyard.local.cloud.databricks.storage import Storage
from modelyard.local.notebook.environments import InstallFailed

PRESENT = ("INSTALLED", "UNINSTALL_ON_RESTART")
UNDER_WAY = ("PENDING", "RESOLVING", "INSTALLING")


class Build(Protocol):
    """``modelyard.local.notebook.environments.build``."""

    def __call__(
        self,
        requirements: Sequence[str],
        *,
        cache: Path,
        wheels: Sequence[Path] = (),
        index_url: str | None = None,
    ) -> Path: ...


class Libraries:
    def __init__(
        self,
        records: LibraryRecords,
        clusters: Records,
        changes: Changes,
        workers: Workers,
        storage: Storage,
        build: Build,
    ) -> None:
        self._records = records
        self._clusters = clusters
        self._changes = changes
        self._workers = workers
        self._storage = storage
        self._build = build
        self._busy: set[str] = set()

    def install(self, cluster_id: str, libraries: Sequence[Any]) -> None:
        """Ask for libraries. One that is there already stays as it is; a failed one is tried
        again."""
        wanted = [specification.check(library) for library in libraries]
        with self._records.lock:
            self._clusters.get(cluster_id)
            there = self._records.of(cluster_id, ("INSTALLED", *UNDER_WAY))
            uninstalled = self._records.of(cluster_id, ("UNINSTALL_ON_RESTART",))
            keys = {specification.key(library) for library in there}
            new = [library for library in wanted if specification.key(library) not in keys]
            back = [library for library in new if library in uninstalled]
            self._records.mark(cluster_id, back, "INSTALLED")
            self._records.mark(cluster_id, [lib for lib in new if lib not in back], "PENDING")
        self._changes.announce()
        self.install_pending(cluster_id)

    def uninstall(self, cluster_id: str, libraries: Sequence[Any]) -> None:
        """From the next start on the cluster is without them. Unknown ones are ignored."""
        named = {specification.key(specification.check(library)) for library in libraries}
        with self._records.lock:
            state = self._clusters.get(cluster_id)["state"]
            found = [
                entry
                for entry in self._records.entries(cluster_id)
                if specification.key(entry["library"]) in named
            ]
            stay = [
                entry["library"]
                for entry in found
                if state != "TERMINATED" and entry["status"] in PRESENT
            ]
            gone = [entry["library"] for entry in found if entry["library"] not in stay]
            self._records.drop(cluster_id, gone)
            self._records.mark(cluster_id, stay, "UNINSTALL_ON_RESTART")
        self._changes.announce()

    def statuses(self, cluster_id: str) -> list[Entry]:
        """``{library, status, messages}`` of each; raises when there is no such cluster."""
        self._clusters.get(cluster_id)
        return self._records.entries(cluster_id)

    def clusters(self) -> list[str]:
        return [name for name in self._records.clusters() if self._clusters.find(name) is not None]

    def under_way(self, cluster_id: str) -> bool:
        """Whether any library of the cluster has yet to be installed."""
        return bool(self._records.of(cluster_id, UNDER_WAY))

    def failures(self, cluster_id: str, libraries: Sequence[Library]) -> list[Entry]:
        """Those of the libraries that were not installed."""
        wanted = {specification.key(library) for library in libraries}
        return [
            entry
            for entry in self._records.entries(cluster_id)
            if specification.key(entry["library"]) in wanted
            and entry["status"] in ("FAILED", "SKIPPED")
        ]

    def python(self, cluster_id: str) -> Path | None:
        """The interpreter for runs on the cluster; None for the cluster's own."""
        return self._records.python(cluster_id)

    def install_pending(self, cluster_id: str) -> None:
        """Begin with what is PENDING, if the cluster runs; also called when it comes up."""
        with self._records.lock:
            if cluster_id in self._busy or not self._usable(cluster_id):
                return
            if not self._records.of(cluster_id, ("PENDING",)):
                return
            self._busy.add(cluster_id)
        self._workers.start(f"libraries-{cluster_id}", self._work, cluster_id)

    def cluster_stopped(self, cluster_id: str) -> None:
        """What was uninstalled goes; the rest is installed again at the next start."""
        with self._records.lock:
            if self._clusters.find(cluster_id) is None:
                self._records.forget(cluster_id)
                return
            if not self._records.entries(cluster_id):
                return
            gone = self._records.of(cluster_id, ("UNINSTALL_ON_RESTART",))
            self._records.drop(cluster_id, gone)
            kept = [entry["library"] for entry in self._records.entries(cluster_id)]
            self._records.mark(cluster_id, kept, "PENDING")
            self._records.set_python(cluster_id, None)

    def _work(self, cluster_id: str) -> None:
        try:
            while True:
                with self._records.lock:
                    pending = self._records.of(cluster_id, ("PENDING",))
                    generation = self._generation(cluster_id)
                    if not pending or generation is None:
                        self._busy.discard(cluster_id)
                        return
                    self._records.mark(cluster_id, pending, "RESOLVING")
                self._changes.announce()
                self._install(cluster_id, generation, pending)
                self._changes.announce()
        except BaseException:
            self._busy.discard(cluster_id)
            raise

    def _install(self, cluster_id: str, generation: int, pending: list[Library]) -> None:
        python_libraries = []
        for library in pending:
            refusal = specification.NOT_INSTALLED.get(specification.kind_of(library))
            if refusal is None:
                python_libraries.append(library)
            else:
                self._mark(cluster_id, generation, [library], *refusal)
        if not python_libraries:
            return
        self._mark(cluster_id, generation, python_libraries, "INSTALLING")
        self._changes.announce()
        # All at once is one environment. Only when that fails is it asked which one is to blame.
        if not self._try(cluster_id, generation, python_libraries, len(python_libraries) == 1):
            for library in python_libraries:
                self._try(cluster_id, generation, [library], True)

    def _try(self, cluster_id: str, generation: int, libraries: list[Library], blame: bool) -> bool:
        present = self._records.of(cluster_id, PRESENT)
        present = [
            lib for lib in present if specification.kind_of(lib) in ("pypi", "whl", "requirements")
        ]
        try:
            contents = specification.contents([*present, *libraries], self._storage)
            python = self._build(
                contents.requirements,
                cache=self._storage.environments,
                wheels=contents.wheels,
                index_url=contents.index_url,
            )
        except (InstallFailed, Unavailable, OSError) as error:
            if blame:
                message = (
                    f"Library installation attempted on the driver node of cluster {cluster_id} "
                    f"and failed. Error Message: {error}"
                )
                self._mark(cluster_id, generation, libraries, "FAILED", message)
            return False
        self._mark(
            cluster_id,
            generation,
            libraries,
            "INSTALLED",
            done=lambda: self._records.set_python(cluster_id, python),
        )
        return True

    def _mark(
        self,
        cluster_id: str,
        generation: int,
        libraries: list[Library],
        status: str,
        message: str = "",
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """As the records' ``mark``, unless the cluster was stopped or a library uninstalled."""
        with self._records.lock:
            if self._generation(cluster_id) != generation:
                return
            wanted = self._records.of(cluster_id, UNDER_WAY)
            self._records.mark(
                cluster_id, [lib for lib in libraries if lib in wanted], status, message
            )
            done()

    def _usable(self, cluster_id: str) -> bool:
        return self._generation(cluster_id) is not None

    def _generation(self, cluster_id: str) -> int | None:
        """Which start of the cluster it is that runs; None when it doesn't."""
        document = self._clusters.find(cluster_id)
        if document is None or document["state"] not in USABLE:
            return None
        return int(document["generation"])
