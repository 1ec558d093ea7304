"""The workspace as a notebook's driver reads it: over its REST API, with the run's own token.

Sources: Workspace API 2.0 (``workspace/export``, ``workspace/get-status``) and Secrets API 2.0
(``secrets/get``, ``secrets/list``, ``secrets/scopes/list``).
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from collections.abc import Mapping
from typing import Any, Protocol

from modelyard.local.notebook.source import Notebook, parse

TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two blocks of an answer."""


class WorkspaceError(Exception):
    """The workspace refused, or couldn't be reached."""

    def __init__(self, message: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NotebookNotFound(WorkspaceError):
    """No notebook of this path, or none that the run may read."""


class Workspace(Protocol):
    """What the runtime needs of a workspace; tests have their own."""

    def notebook(self, path: str) -> Notebook:
        """The notebook of this absolute path; raises WorkspaceError or NotebookFormatError."""
        ...

    def file(self, path: str) -> bytes:
        """The content of a workspace file; raises WorkspaceError."""
        ...

    def get(self, api: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """GET ``/api/2.0/<api>``; raises WorkspaceError."""
        ...


class RestWorkspace:
    """A workspace behind DATABRICKS_HOST. Proxy and CA variables are honoured (``requests``)."""

    def __init__(self, host: str, token: str) -> None:
        # Imported here: a run that is about to fail for another reason should not wait for it.
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util.retry import Retry

        if not host:
            raise WorkspaceError(
                "DATABRICKS_HOST isn't set for this run: the driver doesn't know its workspace"
            )
        self._url = (host if "://" in host else f"https://{host}").rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        # Read-only calls: repeating them is safe.
        retry = Retry(
            total=5, backoff_factor=0.1, status_forcelist=(429, 502, 503, 504),
            allowed_methods=("GET",), raise_on_status=False,
        )  # fmt: skip
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        self._unreachable: type[Exception] = requests.RequestException

    def get(self, api: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """GET ``/api/2.0/<api>``."""
        try:
            answer = self._session.get(
                f"{self._url}/api/2.0/{api}", params=dict(parameters), timeout=TIMEOUT
            )
        except self._unreachable as error:
            raise WorkspaceError(
                f"the workspace at {self._url} can't be reached: {type(error).__name__}"
            ) from None
        try:
            document = answer.json()
        except ValueError:
            document = None
        if answer.ok and isinstance(document, dict):
            return document
        problem = document if isinstance(document, dict) else {}
        raise WorkspaceError(
            str(problem.get("message") or f"{api} answered HTTP {answer.status_code}, not JSON"),
            status=answer.status_code,
            code=str(problem.get("error_code") or ""),
        )

    def notebook(self, path: str) -> Notebook:
        """Export a notebook, as source format or, where that is refused, as ipynb."""
        path = without_prefix(path)
        try:
            content, kind = self._export(path, "SOURCE", "JUPYTER")
            language = {"py": "python", "sql": "sql", "scala": "scala", "r": "r"}.get(kind, "")
            if not language:
                status = self.get("workspace/get-status", {"path": path})
                language = str(status.get("language") or "").lower()
        except WorkspaceError as error:
            if error.status in (403, 404):
                raise NotebookNotFound(
                    f"Unable to access the notebook {path}. Either it does not exist, or the "
                    "identity used to run this job lacks the required permissions.",
                    status=error.status,
                    code=error.code,
                ) from None
            raise
        return parse(content.decode("utf-8", "replace"), path, language)

    def file(self, path: str) -> bytes:
        """Export a file (or a notebook, as its source)."""
        return self._export(without_prefix(path), "AUTO", "SOURCE")[0]

    def _export(self, path: str, *formats: str) -> tuple[bytes, str]:
        refusal: WorkspaceError | None = None
        for form in formats:
            try:
                answer = self.get("workspace/export", {"path": path, "format": form})
            except WorkspaceError as error:
                if error.status != 400:
                    raise
                refusal = refusal or error  # this object has no such format: try the next
                continue
            try:
                content = base64.b64decode(str(answer.get("content") or ""), validate=True)
            except binascii.Error as error:
                raise WorkspaceError(f"the export of {path} isn't base64: {error}") from None
            return content, str(answer.get("file_type") or "").lower().lstrip(".")
        raise refusal or WorkspaceError(f"{path} can't be exported")


def without_prefix(path: str) -> str:
    """A workspace path without ``/Workspace``, which the API takes with and without."""
    return path.removeprefix("/Workspace") if path.startswith("/Workspace/") else path


def absolute(path: str, notebook: str) -> str:
    """``path`` as ``notebook`` names it (``./helpers``, ``../x``, ``/Shared/x``), made absolute."""
    cleaned = path.strip().strip("\"'")
    return posixpath.normpath(posixpath.join(posixpath.dirname(notebook), cleaned))
