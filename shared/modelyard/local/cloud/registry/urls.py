"""Where the registry answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.registry import signing_in
from modelyard.local.cloud.registry.access import Access, Need
from modelyard.local.cloud.registry.child import PROGRAM, RegistryProgram
from modelyard.local.cloud.registry.models import Repositories
from modelyard.local.cloud.registry.responses import Distribution
from modelyard.local.cloud.routing import LOOPBACK, host_name
from modelyard.local.cloud.service import Cloud, Handler, Route

HOST = "modelyardlocal.azurecr.io"
"""The name of the cloud's one registry."""
SETTINGS, STORAGE = "registry-settings", "storage"
ONE = "/v2/<path:name>"

Answer = Callable[..., Response]


class RegistryService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "registry"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._access = Access(cloud, HOST)
        self._repositories = Repositories(cloud.store, cloud.folder / self.name)
        self._program = RegistryProgram(cloud.folder, cloud.folder / self.name)

    def routes(self) -> Sequence[Route]:
        own = Distribution(self._repositories)
        reading = ("GET", "HEAD")
        table: list[tuple[tuple[str, ...], str, Answer, str]] = [
            (reading, "/v2/", own.base, ""),
            (("GET",), "/v2/_catalog", own.catalog, "*"),
            (("GET",), f"{ONE}/tags/list", own.tags, "pull"),
            (reading, f"{ONE}/manifests/<reference>", own.get_manifest, "pull"),
            (("PUT",), f"{ONE}/manifests/<reference>", own.put_manifest, "push"),
            (("DELETE",), f"{ONE}/manifests/<reference>", own.delete_manifest, "delete"),
            (reading, f"{ONE}/blobs/<digest>", own.get_blob, "pull"),
            (("DELETE",), f"{ONE}/blobs/<digest>", own.delete_blob, "delete"),
            (("POST",), f"{ONE}/blobs/uploads/", own.begin_upload, "push"),
            (("GET",), f"{ONE}/blobs/uploads/<upload>", own.upload_status, "push"),
            (("PATCH",), f"{ONE}/blobs/uploads/<upload>", own.append_upload, "push"),
            (("PUT",), f"{ONE}/blobs/uploads/<upload>", own.finish_upload, "push"),
            (("DELETE",), f"{ONE}/blobs/uploads/<upload>", own.cancel_upload, "push"),
        ]
        routes = [
            Route(methods, HOST, path, self._handler(answer, action), loopback=True)
            for methods, path, answer, action in table
        ]
        return [
            *routes,
            Route(("POST",), HOST, "/oauth2/exchange", self._signing_in(signing_in.exchange)),
            Route(("GET", "POST"), HOST, "/oauth2/token", self._signing_in(signing_in.token)),
        ]

    def start(self) -> None:
        """The storage is chosen once: what one has written the other can't read."""
        if self._cloud.store.get(SETTINGS, STORAGE) is None:
            kind = "program" if shutil.which(PROGRAM) else "own"
            self._cloud.store.put(SETTINGS, STORAGE, {"kind": kind})
        self._repositories.blobs.create()

    def stop(self) -> None:
        self._program.stop()

    def reset(self) -> None:
        self._access.clear()
        self._repositories.clear()
        self._program.clear()
        self._cloud.store.delete(SETTINGS, STORAGE)
        self.start()

    def status(self) -> Mapping[str, Any]:
        facts: dict[str, Any] = {
            "registry": self._cloud.url.removeprefix("http://"),
            "login server": HOST,
            "storage": PROGRAM if self._uses_program() else "own",
        }
        if not self._uses_program():
            facts["repositories"] = self._repositories.names()
        return facts

    def _handler(self, answer: Answer, action: str) -> Handler:
        def handle(request: Request, **arguments: str) -> Response:
            if host_name(request.host) not in LOOPBACK:
                self._access.require(request, _need(action, arguments.get("name", "")))
            if self._uses_program():
                return self._program.answer(request)
            return answer(request, **arguments)

        return handle

    def _signing_in(self, answer: Callable[[Request, Access], Response]) -> Handler:
        def handle(request: Request) -> Response:
            return answer(request, self._access)

        return handle

    def _uses_program(self) -> bool:
        return (self._cloud.store.get(SETTINGS, STORAGE) or {}).get("kind") == "program"


def _need(action: str, name: str) -> Need:
    if not action:
        return Need()
    return Need(f"repository:{name}", action) if name else Need("registry:catalog", action)
