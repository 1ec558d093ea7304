"""Endpoints: one or two deployments behind a name, replaced without a gap.

An endpoint has a main deployment. A new image comes up beside it, is found healthy, and takes its
share of the requests: all of them (then the old one goes), or a part, as a canary. When it doesn't
come up, everything stays as it was. The names blue and green, the header that picks a deployment
and the two keys are those of Azure Machine Learning's online endpoints.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import defaultdict
from typing import Any

from modelyard.images.reference import ImageReference
from modelyard.local.cloud.endpoints import exceptions
from modelyard.local.cloud.endpoints.servers import LaunchFailed, Server, Servers, Stopping
from modelyard.local.cloud.endpoints.traffic import Turns, share_out
from modelyard.local.cloud.endpoints.wishes import NAME, Wish
from modelyard.local.cloud.service import Cloud

log = logging.getLogger(__name__)

Json = dict[str, Any]
COLLECTION = "endpoints"
SLOTS = ("blue", "green")
KEYS = ("primary", "secondary")


class Endpoints:
    """All endpoints of one cloud. Safe for several threads."""

    def __init__(self, cloud: Cloud, servers: Servers) -> None:
        self._cloud = cloud
        self._servers = servers
        self._running: dict[tuple[str, str], Server] = {}
        self._changing: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._turns = Turns()
        self._failed: set[tuple[str, str]] = set()
        self._table = threading.Lock()

    def names(self) -> list[str]:
        return sorted(name for name, _ in self._cloud.store.items(COLLECTION))

    def get(self, name: str) -> Json:
        """The stored document. Raises RESOURCE_DOES_NOT_EXIST."""
        document = self._cloud.store.get(COLLECTION, name)
        if document is None:
            raise exceptions.not_found(name)
        return document

    def slots(self, name: str) -> list[str]:
        """Its deployments, the main one first; none when it is gone."""
        document = self._cloud.store.get(COLLECTION, name) or {"deployments": {}, "main": ""}
        return sorted(document["deployments"], key=lambda slot: slot != document["main"])

    def put(self, name: str, wish: Wish) -> bool:
        """Create or update; says whether it is new. Comes back when the new server serves.

        Raises INVALID_PARAMETER_VALUE, or DEPLOYMENT_FAILED with the server's log.
        """
        if not NAME.fullmatch(name):
            raise exceptions.invalid(
                f"{name!r} is not a name of an endpoint: 3 to 32 lower-case letters, digits and "
                "dashes, beginning with a letter."
            )
        with self._changing[name]:
            document = self._cloud.store.get(COLLECTION, name)
            if document is None and wish.traffic != 100:
                raise exceptions.invalid(
                    f"The endpoint {name} is new: its first deployment gets all the traffic."
                )
            new = document is None
            document = document or self._new(name)
            slot = self._slot_of(name, document, wish) or self._launch(name, document, wish)
            self._shift(name, document, slot, wish)
            return new

    def remove(self, name: str) -> None:
        """Stop its servers and forget it. Raises RESOURCE_DOES_NOT_EXIST."""
        with self._changing[name]:
            document = self.get(name)
            self._cloud.store.delete(COLLECTION, name)
            for slot in document["deployments"]:
                self._retire(name, slot)
            self._prune()

    def pick(self, name: str, wanted: str = "") -> tuple[str, Server]:
        """The deployment that answers the next request: by weight, or the one that is wanted.

        It isn't stopped before the caller calls its ``end``. Raises RESOURCE_DOES_NOT_EXIST,
        INVALID_PARAMETER_VALUE or TEMPORARILY_UNAVAILABLE.
        """
        document = self.get(name)
        if wanted and wanted not in document["deployments"]:
            raise exceptions.invalid(f"The endpoint {name} has no deployment {wanted!r}.")
        slot = wanted or self._turns.next(name, document)
        with self._table:
            server = self._running.get((name, slot))
            if server is None:
                raise exceptions.not_serving(name)
            server.begin()
        return slot, server

    def lost(self, name: str, slot: str) -> None:
        """A server didn't answer. If it has ended, start it again, beside the requests."""
        with self._table:
            server = self._running.get((name, slot))
        if server is not None and not server.running.alive():
            threading.Thread(target=self.restart, args=(name, slot), daemon=True).start()

    def key_fits(self, name: str, given: str) -> bool:
        """Whether it is one of the endpoint's keys. Raises RESOURCE_DOES_NOT_EXIST."""
        keys = self.get(name)["keys"]
        fits = [secrets.compare_digest(given.encode(), keys[one].encode()) for one in KEYS]
        return True in fits

    def renew_key(self, name: str, which: str) -> None:
        with self._changing[name]:
            document = self.get(name)
            document["keys"][which] = secrets.token_urlsafe(32)
            self._cloud.store.put(COLLECTION, name, document)

    def state(self, name: str, slot: str) -> str:
        """``Healthy``, ``Unhealthy`` (it has ended), ``Transitioning`` or ``Failed``."""
        with self._table:
            server = self._running.get((name, slot))
        if server is not None:
            return "Healthy" if server.running.alive() else "Unhealthy"
        return "Failed" if (name, slot) in self._failed else "Transitioning"

    def logs(self, name: str, slot: str = "") -> str:
        """What a deployment printed; of the main one unless another is named."""
        document = self.get(name)
        slot = slot or document["main"]
        if slot not in document["deployments"]:
            raise exceptions.invalid(f"The endpoint {name} has no deployment {slot!r}.")
        with self._table:
            server = self._running.get((name, slot))
        failure = document.get("failure") or {}
        return server.running.logs() if server else str(failure.get("logs", ""))

    def restart(self, name: str, slot: str) -> None:
        """Start a deployment of an earlier life, or one that has ended."""
        with self._changing[name]:
            document = self._cloud.store.get(COLLECTION, name)
            if document is None or slot not in document["deployments"]:
                return
            with self._table:
                server = self._running.get((name, slot))
            if server is not None and server.running.alive():
                return
            self._retire(name, slot)
            self._failed.discard((name, slot))
            self._relaunch(name, slot, document)

    def stop(self, seconds: float = 20.0) -> None:
        """Stop every server; the endpoints stay known."""
        self._servers.close()
        for name in self.names():
            lock = self._changing[name]
            if lock.acquire(timeout=seconds):  # a launch under way gives up first
                lock.release()
        with self._table:
            servers = list(self._running.values())
            self._running.clear()
        for server in servers:
            server.running.stop()
        self._servers.end_all()

    def _new(self, name: str) -> Json:
        now = self._cloud.clock.time()
        keys = {one: secrets.token_urlsafe(32) for one in KEYS}
        return {"name": name, "created": now, "keys": keys, "main": "", "deployments": {}}

    def _slot_of(self, name: str, document: Json, wish: Wish) -> str:
        """The deployment that runs exactly this; empty when none does."""
        for slot, deployment in document["deployments"].items():
            if wish.same_server(deployment) and self.state(name, slot) == "Healthy":
                return str(slot)
        return ""

    def _launch(self, name: str, document: Json, wish: Wish) -> str:
        """Bring the new server up in the slot that isn't the main one's."""
        slot = next(one for one in SLOTS if one != document["main"])
        deployment = wish.deployment()
        try:
            server = self._start(name, deployment)
        except LaunchFailed as error:
            self._note_failure(name, document, deployment, error)
            raise exceptions.deployment_failed(str(error), error.logs) from error
        except Stopping as error:
            raise exceptions.not_serving(name) from error
        self._retire(name, slot)  # a canary that this one takes the place of
        with self._table:
            self._running[name, slot] = server
        return slot

    def _relaunch(self, name: str, slot: str, document: Json) -> None:
        deployment = document["deployments"][slot]
        try:
            server = self._start(name, deployment)
        except LaunchFailed as error:
            self._failed.add((name, slot))
            log.warning("endpoint %s did not come up again: %s", name, error)
            self._note_failure(name, document, deployment, error)
        except Stopping:
            return
        else:
            with self._table:
                self._running[name, slot] = server

    def _start(self, name: str, deployment: Json) -> Server:
        registry = self._cloud.url.removeprefix("http://")
        image = ImageReference(deployment["repository"], registry, digest=deployment["digest"])
        return self._servers.launch(name, image, deployment)

    def _shift(self, name: str, document: Json, slot: str, wish: Wish) -> None:
        """Give the slot its share; who is left without one is stopped."""
        now = self._cloud.clock.time()
        gone = share_out(document, slot, wish, now)
        document.update(updated=now, failure=None)
        self._cloud.store.put(COLLECTION, name, document)
        for one in gone:
            self._retire(name, one)
        if gone:
            self._prune()

    def _note_failure(
        self, name: str, document: Json, deployment: Json, error: LaunchFailed
    ) -> None:
        """Keep the log of what failed. An endpoint that never served isn't kept."""
        if not document["deployments"]:
            return
        document["failure"] = {
            "repository": deployment["repository"],
            "digest": deployment["digest"],
            "message": str(error),
            "logs": error.logs,
            "time": self._cloud.clock.time(),
        }
        self._cloud.store.put(COLLECTION, name, document)

    def _retire(self, name: str, slot: str) -> None:
        with self._table:
            server = self._running.pop((name, slot), None)
        if server is not None:
            server.retire()

    def _prune(self) -> None:
        documents = [document for _, document in self._cloud.store.items(COLLECTION)]
        self._servers.prune(
            {one["digest"] for found in documents for one in found["deployments"].values()}
        )
