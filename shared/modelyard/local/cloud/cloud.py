"""A whole local cloud in this process: composes the services, starts, stops and resets them.

::

    with LocalCloud(Path("state")) as cloud:
        subprocess.run(command, env=program_environment(cloud.environment))
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from modelyard.clock import Clock
from modelyard.errors import InputError
from modelyard.local.cloud.admin import access
from modelyard.local.cloud.admin.urls import AdminService
from modelyard.local.cloud.authority import Authority
from modelyard.local.cloud.credentials import WORKSPACE_HOST, Credentials, load_or_create
from modelyard.local.cloud.dispatch import Dispatcher
from modelyard.local.cloud.environment import cloud_environment
from modelyard.local.cloud.exceptions import CorruptState, StateNotWritable
from modelyard.local.cloud.expanding import Expand
from modelyard.local.cloud.faults import Faults
from modelyard.local.cloud.processes import CHILDREN, end_leftovers
from modelyard.local.cloud.requests_log import RequestsLog
from modelyard.local.cloud.routing import LOOPBACK, Router
from modelyard.local.cloud.running import Claim
from modelyard.local.cloud.server import Server
from modelyard.local.cloud.service import Cloud, Service
from modelyard.local.cloud.shifted_clock import ShiftedClock
from modelyard.local.cloud.store import Store
from modelyard.local.cloud.tokens import Tokens

SERVICES = (
    *("entra", "arm", "keyvault", "storage", "aml", "aml_services"),
    *("devops", "github", "github_identity"),
    *("mlflow", "databricks", "registry", "endpoints"),
)
"""Sub-packages with ``create(cloud) -> Service``, in the order they start. They stop in the
opposite order. The cloud's own interface (``admin``) is always there."""


class LocalCloud:
    """One local cloud with its state in a folder. Starts once; make a new one to start again.

    ``port`` 0 takes a free one; ``services`` may be a part of SERVICES. The clock is the
    machine's, and can be set forward while the cloud runs, unless another one is given.
    With a ``digest_key`` the request log tells what requests said: see ``digests``. ``expand`` is
    for previews of pipelines.
    """

    cloud: Cloud
    faults: Faults
    requests: RequestsLog
    services: Mapping[str, Service]

    def __init__(
        self,
        state_folder: Path,
        port: int = 0,
        clock: Clock | None = None,
        services: Sequence[str] = SERVICES,
        digest_key: bytes | None = None,
        expand: Expand | None = None,
    ) -> None:
        for name in services:
            if name not in SERVICES:
                known = ", ".join(SERVICES)
                raise InputError(f"there is no service {name!r}", fix=f"those known: {known}")
        self.folder = state_folder.absolute()
        self.clock: Clock = clock or ShiftedClock()
        self._port = port
        self._digest_key = digest_key
        self._expand = expand
        self._names = [name for name in SERVICES if name in services]
        self._stack = contextlib.ExitStack()

    def start(self) -> None:
        """Bind the port, start the services, answer. Raises LocalCloudError; then nothing runs."""
        with contextlib.ExitStack() as stack:
            try:
                self._start(stack)
            except PermissionError as error:
                raise StateNotWritable(self.folder, error) from error
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Stop answering, then every service with its child processes. The state stays."""
        self._stack.close()

    def reset(self) -> None:
        """Forget all state. Port, credentials and certificates stay as they are."""
        for service in self.services.values():
            service.reset()
        self.faults.clear()
        self.requests.clear()
        self._dispatcher.reset()
        self._tokens.reset()
        self._tokens.add(self._credentials.databricks_token, "made by the local cloud itself")
        shutil.rmtree(self.folder / "home", ignore_errors=True)  # the caches of its clients
        (self.folder / "home").mkdir(mode=0o700, exist_ok=True)

    def status(self) -> dict[str, Any]:
        """What runs, as JSON values."""
        return {
            "url": self.cloud.url,
            "pid": os.getpid(),
            "state": str(self.folder),
            "workspace": f"https://{self.cloud.workspace_host}",
            "requests": self.requests.total,
            "faults": len(self.faults.list()),
            "failures": self.failures,
            "hosts": {name: _hosts(service) for name, service in self.services.items()},
            "services": {name: dict(s.status()) for name, s in self.services.items()},
        }

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``"""
        return self.cloud.url

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program needs to use this cloud: see ``program_environment``."""
        return self.cloud.environment

    @property
    def admin_headers(self) -> Mapping[str, str]:
        """What a request to ``URL/modelyard/...`` carries; not for programs that use the cloud."""
        return access.headers(self._credentials.admin_key)

    @property
    def failures(self) -> list[str]:
        """Crashes of handlers since the start: bugs of the cloud, which tests look for."""
        return list(self._dispatcher.failures)

    def __enter__(self) -> LocalCloud:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self, stack: contextlib.ExitStack) -> None:
        claim = Claim(self.folder)
        stack.callback(claim.close)
        end_leftovers(self.folder / CHILDREN)
        (self.folder / "home").mkdir(mode=0o700, exist_ok=True)
        authority = Authority(self.folder / "authority")
        self._credentials = load_or_create(self.folder)
        store = _open_store(self.folder / "state.sqlite")
        stack.callback(store.close)
        self.faults = Faults()
        self.requests = RequestsLog(self.folder / "requests.jsonl")
        stack.callback(self.requests.close)
        server = Server(self._port, authority)
        # Until it answers; from then on it is the first to stop, not among the last.
        closing = stack.enter_context(contextlib.ExitStack())
        closing.callback(server.server_close)
        self.cloud = _cloud(
            server.port,
            self.folder,
            store,
            self.clock,
            authority,
            self._credentials,
            self._expand,
        )
        self._tokens = Tokens(self.cloud)
        if self._tokens.identify(self._credentials.databricks_token) is None:
            self._tokens.add(self._credentials.databricks_token, "made by the local cloud itself")
        self.services = {name: self._create(name) for name in self._names}
        everything: list[Service] = [AdminService(self), *self.services.values()]
        routes = (route for service in everything for route in service.routes())
        router = Router(access.guarded(routes, self._credentials.admin_key))
        for service in self.services.values():
            stack.callback(service.stop)  # also what a failed start has begun
            service.start()
        self._dispatcher = Dispatcher(
            router, self.faults, self.requests, self.clock, self._digest_key
        )
        server.start(self._dispatcher, router.emulates, self._dispatcher.refused)
        closing.pop_all()
        stack.callback(server.stop)
        stack.callback(self._dispatcher.stop)
        claim.announce(self.cloud.url)

    def _create(self, name: str) -> Service:
        package = importlib.import_module(f"modelyard.local.cloud.{name}")
        service: Service = package.create(self.cloud)
        return service


def _hosts(service: Service) -> list[str]:
    names = dict.fromkeys(route.host for route in service.routes())
    return [name for name in names if name not in LOOPBACK]


def _cloud(
    port: int,
    folder: Path,
    store: Store,
    clock: Clock,
    authority: Authority,
    credentials: Credentials,
    expand: Expand | None,
) -> Cloud:
    url = f"http://127.0.0.1:{port}"
    return Cloud(
        url=url,
        folder=folder,
        store=store,
        clock=clock,
        workspace_host=WORKSPACE_HOST,
        environment=cloud_environment(url, folder, authority.certificate_path, credentials),
        expand=expand,
    )


def _open_store(path: Path) -> Store:
    """Raises CorruptState for a file that isn't a database."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("SELECT * FROM sqlite_master").fetchall()
    except sqlite3.DatabaseError as error:
        raise CorruptState(path) from error
    return Store(path)
