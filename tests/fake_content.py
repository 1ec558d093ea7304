"""A workspace in memory for tests of notebooks, files and secrets: what requests-mock answers.

It keeps to the documented behaviour of the REST API (status codes, error codes, limits), and
remembers every call. ``fail`` puts faults in the way: before the effect, or after it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import requests_mock

BASE = "https://adb-1.1.azuredatabricks.net"
MILLISECONDS = 1_700_000_000_000


class Refused(Exception):
    """An answer of an error."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass
class Fault:
    """What happens to the next ``times`` calls whose method and path fit."""

    pattern: str
    status: int = 0
    """0: the connection breaks."""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after: bool = False
    """The call has its effect first: the answer is lost."""


@dataclass
class Notebook:
    content: bytes
    language: str
    format: str


class FakeContent:
    def __init__(self, mocker: requests_mock.Mocker) -> None:
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.objects: dict[str, Any] = {"/Shared": None}
        """Workspace: None is a folder, bytes a file, a Notebook a notebook."""
        self.dbfs: dict[str, bytes | None] = {"/": None}
        self.volume: dict[str, bytes | None] = {"/Volumes/main/default/data": None}
        self.handles: dict[int, str] = {}
        self.scopes: dict[str, dict[str, Any]] = {}
        self.modified = MILLISECONDS
        self.hook: Callable[[str], None] = lambda call: None
        mocker.register_uri(requests_mock.ANY, re.compile(re.escape(BASE)), content=self._encoded)

    def fail(self, pattern: str, status: int = 0, body: Any = None, **more: Any) -> None:
        self.faults.append(Fault(pattern, status, body, **more))

    def writes(self) -> list[str]:
        """The calls that aren't GET or HEAD."""
        return [call for call in self.calls if not call.startswith(("GET", "HEAD"))]

    def _encoded(self, request: Any, context: Any) -> bytes:
        return self._answer(request, context).encode("latin-1")

    def _answer(self, request: Any, context: Any) -> str:
        parts = urlsplit(request.url)
        path, query = unquote(parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()}
        call = f"{request.method} {path.removeprefix('/api/2.0')}"
        arguments = {**query, **self._body(request, path)}
        shown = arguments.get("path", "")
        self.calls.append(f"{call} {shown}".strip())
        self.hook(self.calls[-1])
        fault = next(
            (f for f in self.faults if f.times and re.search(f.pattern, self.calls[-1])), None
        )
        if fault is not None:
            fault.times -= 1
            if fault.after:
                self._carry_out(request, path, arguments, context)
            if not fault.status:
                raise requests.ConnectionError("Connection reset by peer")
            context.status_code = fault.status
            context.headers.update({"Content-Type": "application/json", **fault.headers})
            return fault.body if isinstance(fault.body, str) else json.dumps(fault.body or {})
        return self._carry_out(request, path, arguments, context)

    def _body(self, request: Any, path: str) -> dict[str, Any]:
        if path.startswith("/api/2.0/fs/"):
            return {}
        if "multipart" in request.headers.get("Content-Type", ""):
            return self._form(request)
        return request.json() if request.body else {}

    def _form(self, request: Any) -> dict[str, Any]:
        raw = request.body.read()
        assert int(request.headers["Content-Length"]) == len(raw)
        boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
        found: dict[str, Any] = {}
        for part in raw.split(b"--" + boundary)[1:-1]:
            head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]*)"', head).group(1).decode()  # type: ignore[union-attr]
            data = data.removesuffix(b"\r\n")
            found[name] = data if name == "content" else data.decode()
        return found

    def _carry_out(self, request: Any, path: str, arguments: dict[str, Any], context: Any) -> str:
        context.headers["Content-Type"] = "application/json"
        try:
            if path.startswith("/api/2.0/fs/"):
                return self._fs(request, path, arguments, context)
            name = path.removeprefix("/api/2.0/").replace("/", "_").replace("-", "_")
            if arguments.get("direct_download"):
                context.headers["Content-Type"] = "application/octet-stream"
                return self.objects[arguments["path"]].decode("latin-1")
            return json.dumps(getattr(self, f"_{name}")(**arguments) or {})
        except Refused as refused:
            context.status_code = refused.status
            return json.dumps({"error_code": refused.code, "message": refused.message})

    # -- workspace

    def _object(self, path: str) -> dict[str, Any]:
        if path not in self.objects:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", f"Path ({path}) doesn't exist.")
        found = self.objects[path]
        if found is None:
            return {"path": path, "object_type": "DIRECTORY"}
        if isinstance(found, Notebook):
            return {"path": path, "object_type": "NOTEBOOK", "language": found.language}
        return {
            "path": path,
            "object_type": "FILE",
            "size": len(found),
            "modified_at": self.modified,
        }

    def _workspace_get_status(self, path: str) -> dict[str, Any]:
        return self._object(path)

    def _workspace_list(self, path: str) -> dict[str, Any]:
        itself = self._object(path)
        if itself["object_type"] != "DIRECTORY":
            return {"objects": [itself]}
        below = [one for one in self.objects if one.rpartition("/")[0] == path]
        return {"objects": [self._object(one) for one in below]} if below else {}

    def _workspace_mkdirs(self, path: str) -> None:
        parts = path.strip("/").split("/")
        for end in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:end])
            if self.objects.setdefault(folder, None) is not None:
                raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{folder} is in the way")

    def _workspace_import(
        self,
        path: str,
        format: str,
        content: Any,
        overwrite: Any = False,
        language: str = "PYTHON",
    ) -> None:
        raw = content if isinstance(content, bytes) else base64.b64decode(content)
        if isinstance(content, str) and len(raw) > 10 * 1024 * 1024:
            raise Refused(400, "MAX_NOTEBOOK_SIZE_EXCEEDED")
        if path.rpartition("/")[0] not in self.objects:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "The parent folder doesn't exist.")
        if path in self.objects and str(overwrite).lower() != "true":
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{path} already exists")
        if format in ("RAW", "AUTO"):
            self.objects[path] = raw
        else:
            self.objects[path] = Notebook(raw, language, format)

    def _workspace_export(self, path: str, format: str) -> dict[str, Any]:
        self._object(path)
        found = self.objects[path]
        if isinstance(found, Notebook):
            content = found.content
            mark = {"SCALA": b"//", "SQL": b"--"}.get(found.language, b"#")
            header = mark + b" Databricks notebook source"
            if format == "SOURCE" and not content.startswith(header):
                content = header + b"\n" + content
        else:
            content = found
        return {"content": base64.b64encode(content).decode()}

    def _workspace_delete(self, path: str, recursive: bool = False) -> None:
        self._object(path)
        self._delete(self.objects, path, recursive, "DIRECTORY_NOT_EMPTY")

    @staticmethod
    def _delete(things: dict[str, Any], path: str, recursive: bool, code: str) -> None:
        below = [one for one in things if one.startswith(path.rstrip("/") + "/") and one != path]
        if below and not recursive:
            raise Refused(400, code, f"{path} isn't empty")
        for one in (*below, path):
            things.pop(one, None)

    # -- dbfs

    def _file(self, path: str) -> dict[str, Any]:
        if path not in self.dbfs:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", f"No file or directory exists on {path}.")
        content = self.dbfs[path]
        return {
            "path": path,
            "is_dir": content is None,
            "file_size": len(content or b""),
            "modification_time": self.modified,
        }

    def _dbfs_get_status(self, path: str) -> dict[str, Any]:
        return self._file(path)

    def _dbfs_list(self, path: str) -> dict[str, Any]:
        itself = self._file(path)
        if not itself["is_dir"]:
            return {"files": [itself]}
        root = path.rstrip("/")
        below = [one for one in self.dbfs if one != "/" and one.rpartition("/")[0] == root]
        return {"files": [self._file(one) for one in below]} if below else {}

    def _dbfs_mkdirs(self, path: str) -> None:
        parts = path.strip("/").split("/")
        for end in range(1, len(parts) + 1):
            folder = "/" + "/".join(parts[:end])
            if self.dbfs.setdefault(folder, None) is not None:
                raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{folder} is a file")

    def _dbfs_put(self, path: str, contents: str, overwrite: bool = False) -> None:
        raw = base64.b64decode(contents)
        if len(raw) > 1024 * 1024:
            raise Refused(400, "MAX_BLOCK_SIZE_EXCEEDED")
        if path in self.dbfs and not overwrite:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{path} already exists")
        self.dbfs[path] = raw

    def _dbfs_create(self, path: str, overwrite: bool = False) -> dict[str, Any]:
        if path in self.dbfs and not overwrite:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{path} already exists")
        self.dbfs[path] = b""
        handle = len(self.handles) + 1
        self.handles[handle] = path
        return {"handle": handle}

    def _dbfs_add_block(self, handle: int, data: str) -> None:
        raw = base64.b64decode(data)
        if len(raw) > 1024 * 1024:
            raise Refused(400, "MAX_BLOCK_SIZE_EXCEEDED")
        path = self.handles[handle]
        self.dbfs[path] = (self.dbfs[path] or b"") + raw

    def _dbfs_close(self, handle: int) -> None:
        assert handle in self.handles

    def _dbfs_read(self, path: str, offset: str, length: str) -> dict[str, Any]:
        self._file(path)
        assert int(length) <= 1024 * 1024
        data = (self.dbfs[path] or b"")[int(offset) : int(offset) + int(length)]
        return {"bytes_read": len(data), "data": base64.b64encode(data).decode()}

    def _dbfs_move(self, source_path: str, destination_path: str) -> None:
        self._file(source_path)
        if destination_path in self.dbfs:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"{destination_path} already exists")
        self.dbfs[destination_path] = self.dbfs.pop(source_path)

    def _dbfs_delete(self, path: str, recursive: bool = False) -> None:
        if path in self.dbfs:
            self._delete(self.dbfs, path, recursive, "IO_ERROR")

    # -- volumes

    def _fs(self, request: Any, path: str, arguments: dict[str, Any], context: Any) -> str:
        kind, _, rest = path.removeprefix("/api/2.0/fs/").partition("/")
        path = f"/{rest}"
        folder = kind == "directories"
        there = path in self.volume and (self.volume[path] is None) == folder
        if request.method == "PUT":
            return self._fs_put(request, path, folder, arguments, context)
        if not there:
            raise Refused(404, "NOT_FOUND", "The file being accessed is not found.")
        if request.method == "DELETE":
            if folder:
                self._delete(self.volume, path, False, "INVALID_PARAMETER_VALUE")
            else:
                del self.volume[path]
            context.status_code = 204
            return ""
        content = self.volume[path] or b""
        if request.method == "HEAD":
            context.headers["Content-Length"] = str(len(content))
            return ""
        if not folder:
            context.headers["Content-Type"] = "application/octet-stream"
            return content.decode("latin-1")
        return json.dumps(self._page(path, int(arguments.get("page_token", 0))))

    def _page(self, path: str, start: int, size: int = 3) -> dict[str, Any]:
        names = [one for one in self.volume if one.rpartition("/")[0] == path]
        contents = [
            {"path": one, "name": one.rpartition("/")[2], "is_directory": True}
            if self.volume[one] is None
            else {
                "path": one,
                "name": one.rpartition("/")[2],
                "is_directory": False,
                "file_size": len(self.volume[one] or b""),
                "last_modified": self.modified,
            }
            for one in names[start : start + size]
        ]
        more = {"next_page_token": str(start + size)} if len(names) > start + size else {}
        return {"contents": contents, **more} if contents else more

    def _fs_put(
        self, request: Any, path: str, folder: bool, arguments: dict[str, Any], context: Any
    ) -> str:
        context.status_code = 204
        if "/Volumes/main/default/data" not in path:
            raise Refused(404, "NOT_FOUND", "Volume does not exist.")
        if folder:
            parts = path.strip("/").split("/")
            for end in range(4, len(parts) + 1):
                self.volume.setdefault("/" + "/".join(parts[:end]), None)
            return ""
        body = request.body
        raw = body.read() if hasattr(body, "read") else (body or b"")
        if int(request.headers.get("Content-Length", -1)) != len(raw):
            raise Refused(400, "MALFORMED_REQUEST", "the body has another length")
        if path in self.volume and arguments.get("overwrite") != "true":
            raise Refused(409, "ALREADY_EXISTS", "The file being created already exists.")
        self.volume[path] = raw
        return ""

    # -- secrets

    def _secrets_scopes_list(self) -> dict[str, Any]:
        scopes = [{"name": name, **scope["shown"]} for name, scope in self.scopes.items()]
        return {"scopes": scopes} if scopes else {}

    def _secrets_scopes_create(
        self,
        scope: str,
        scope_backend_type: str = "DATABRICKS",
        backend_azure_keyvault: Any = None,
        initial_manage_principal: str = "me@example.com",
    ) -> None:
        if scope in self.scopes:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"Scope {scope} already exists!")
        shown: dict[str, Any] = {"backend_type": scope_backend_type}
        if backend_azure_keyvault:
            shown["keyvault_metadata"] = backend_azure_keyvault
        acls = {initial_manage_principal: "MANAGE"}
        self.scopes[scope] = {"shown": shown, "values": {}, "acls": acls}

    def _secrets_list(self, scope: str) -> dict[str, Any]:
        values = self.scopes[scope]["values"]
        return {"secrets": [{"key": key} for key in values]} if values else {}

    def _secrets_put(self, scope: str, key: str, string_value: str) -> None:
        self.scopes[scope]["values"][key] = string_value

    def _secrets_delete(self, scope: str, key: str) -> None:
        if self.scopes[scope]["values"].pop(key, None) is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", f"Secret {key} does not exist")

    def _secrets_acls_list(self, scope: str) -> dict[str, Any]:
        acls = self.scopes[scope]["acls"]
        return {"items": [{"principal": who, "permission": what} for who, what in acls.items()]}

    def _secrets_acls_put(self, scope: str, principal: str, permission: str) -> None:
        self.scopes[scope]["acls"][principal] = permission
