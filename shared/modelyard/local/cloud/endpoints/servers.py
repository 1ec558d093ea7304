"""Scoring servers that run: started, found healthy, asked, retired."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from modelyard.clock import SystemClock
from modelyard.errors import ModelyardError
from modelyard.images import run
from modelyard.images.reference import ImageReference
from modelyard.images.run_container import end_containers
from modelyard.images.running import Running, Settings, wait_until_ready
from modelyard.local.cloud.processes import Children
from modelyard.local.cloud.service import Cloud

ENGINES = ("docker", "podman")
SETTINGS, USED = "endpoints-settings", "engines"
LABEL = "io.modelyard.cloud"
READY_SECONDS = 240.0
DRAIN_SECONDS = 10.0


class LaunchFailed(Exception):
    """The server didn't come up; it is gone. ``logs`` is what it printed."""

    def __init__(self, message: str, logs: str) -> None:
        super().__init__(message)
        self.logs = logs


class Stopping(Exception):
    """The cloud stops: nothing is started any more."""


class Server:
    """A running server and the requests it is answering."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.port = int(urlsplit(running.url).port or 0)
        self._answering = 0
        self._changed = threading.Condition()

    def begin(self) -> None:
        """A request is on its way: it isn't stopped before :meth:`end`."""
        with self._changed:
            self._answering += 1

    def end(self) -> None:
        with self._changed:
            self._answering -= 1
            self._changed.notify_all()

    def retire(self, seconds: float = DRAIN_SECONDS) -> None:
        """Stop it when it has answered what it was asked."""
        with self._changed:
            self._changed.wait_for(lambda: not self._answering, seconds)
        self.running.stop()


class Servers:
    """Starts servers for one cloud, and knows how to find what it left behind."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._folder = cloud.folder / "endpoints"
        self._children = Children(cloud.folder)
        self._clock = _Interruptible()
        self._mark = hashlib.sha256(str(cloud.folder).encode()).hexdigest()[:16]

    def open(self) -> None:
        """Ready to launch; containers of an earlier life that was cut off are removed."""
        self._clock.stopping.clear()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self._folder.glob("*.log"):
            old.unlink()
        self._end_containers()

    def close(self) -> None:
        """No more launches; those under way give up."""
        self._clock.stopping.set()

    def end_all(self) -> None:
        """What is left of this cloud's servers ends."""
        self._children.stop_all()
        self._end_containers()

    def clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def launch(self, name: str, image: ImageReference, deployment: Mapping[str, Any]) -> Server:
        """Start a server and wait until it serves. Raises LaunchFailed or Stopping."""
        running: Running | None = None
        try:
            runner = run.choose(deployment["runner"], self._clock)
            self._remember(runner)
            if self._clock.stopping.is_set():
                raise Stopping
            running = run.start(
                image,
                self._settings(name, deployment),
                run.Place(self._folder, self._folder / "images", self._children),
                runner=runner,
                clock=self._clock,
            )
            wait_until_ready(running, clock=self._clock, timeout=READY_SECONDS)
        except ModelyardError as error:
            logs = running.logs() if running else ""
            self._give_up(running)
            message = f"{error.what}" + (f" ({error.cause})" if error.cause else "")
            raise LaunchFailed(message, logs) from error
        except BaseException:
            self._give_up(running)
            raise
        return Server(running)

    def prune(self, digests: set[str]) -> None:
        """Remove what was unpacked for images that no endpoint uses."""
        used = {digest.removeprefix("sha256:")[:24] for digest in digests}
        for folder in self._folder.iterdir() if self._folder.is_dir() else ():
            if folder.is_dir() and folder.name != "images" and folder.name not in used:
                shutil.rmtree(folder, ignore_errors=True)
        if not digests:
            shutil.rmtree(self._folder / "images", ignore_errors=True)

    def _settings(self, name: str, deployment: Mapping[str, Any]) -> Settings:
        return Settings(
            # A name of its own for every start: the one before may still be on its way out.
            name=f"modelyard-{self._mark}-{name}-{time.time_ns():x}",
            environment=deployment["environment"],
            labels={LABEL: self._mark},
            memory_mb=deployment["memory_mb"],
            cpus=deployment["cpu"],
        )

    def _give_up(self, running: Running | None) -> None:
        if running is not None:
            running.stop()

    def _remember(self, runner: str) -> None:
        """Before anything runs: a cloud that is killed finds its containers again."""
        store = self._cloud.store
        with store.lock:
            used = (store.get(SETTINGS, USED) or {}).get("names", [])
            if runner in ENGINES and runner not in used:
                store.put(SETTINGS, USED, {"names": [*used, runner]})

    def _end_containers(self) -> None:
        for engine in (self._cloud.store.get(SETTINGS, USED) or {}).get("names", []):
            end_containers(engine, f"{LABEL}={self._mark}")


class _Interruptible(SystemClock):
    """The machine's time, which stops waiting when the cloud stops."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def sleep(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopping
