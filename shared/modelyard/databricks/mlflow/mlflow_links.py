"""Artifacts by signed links, for a workspace whose Files API doesn't give them out.

Source: the definitions in MLflow 3.17 (``databricks_artifacts.proto``, ``service.proto``):
``artifacts/list`` and ``artifacts/credentials-for-read`` of a run, ``artifacts/directories`` and
``artifacts/credentials-for-download`` of a logged model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from modelyard.databricks.mlflow.mlflow_runs import API
from modelyard.entries import FILE, FOLDER, Entry
from modelyard.errors import NotFound, NotTheService, Unreachable
from modelyard.http import Session

BLOCK = 1024 * 1024


@dataclass(frozen=True)
class LinkStore:
    """What a run or a logged model keeps below one of its folders."""

    session: Session
    run_id: str = ""
    model_id: str = ""
    """Either this or ``run_id``."""
    folder: str = ""

    @property
    def shown(self) -> str:
        owner = f"models:/{self.model_id}" if self.model_id else f"runs:/{self.run_id}"
        return f"{owner}/{self.folder}".rstrip("/")

    def children(self, folder: str) -> list[Entry] | None:
        path = self._path(folder)
        if self.model_id:
            call = f"{API}/logged-models/{self.model_id}/artifacts/directories"
            query = {"artifact_directory_path": path}
        else:
            call, query = f"{API}/artifacts/list", {"run_id": self.run_id, "path": path}
        found: list[Entry] = []
        while True:
            try:
                answer = self.session.get(call, {k: v for k, v in query.items() if v})
            except NotFound:
                return None
            found += [_entry(one) for one in answer.get("files") or []]
            page = answer.get("next_page_token")
            if not page:
                # A file is listed as if it were a folder that holds itself.
                return [one for one in found if one.path != path or one.kind == FOLDER]
            query["page_token"] = str(page)

    def read(self, file: str) -> Iterator[bytes]:
        link = self._link(self._path(file))
        headers = {str(h["name"]): str(h["value"]) for h in link.get("headers") or []}
        # The link is the credential, and goes to the storage: never the workspace's token.
        storage = Session("", clock=self.session.clock)
        try:
            answer = storage.call("GET", str(link["signed_uri"]), headers=headers, stream=True)
        except Unreachable:
            raise Unreachable(f"the storage that holds {file} can't be reached") from None
        with answer:
            try:
                yield from answer.iter_content(BLOCK)
            except requests.RequestException:
                raise Unreachable(f"the download of {file} broke off") from None

    def _link(self, path: str) -> Mapping[str, Any]:
        if self.model_id:
            answer = self.session.post(
                f"{API}/logged-models/{self.model_id}/artifacts/credentials-for-download",
                {"paths": [path]},
                reads=True,
            )
            links = [one.get("credential_info") or {} for one in answer.get("credentials") or []]
        else:
            answer = self.session.post(
                f"{API}/artifacts/credentials-for-read",
                {"run_id": self.run_id, "path": [path]},
                reads=True,
            )
            links = answer.get("credential_infos") or []
        if not links or not links[0].get("signed_uri"):
            raise NotTheService(f"the workspace gives no link to {self.shown}")
        found: Mapping[str, Any] = links[0]
        return found

    def _path(self, name: str) -> str:
        return "/".join(part for part in (self.folder, name) if part)


def _entry(found: Mapping[str, Any]) -> Entry:
    folder = bool(found.get("is_dir"))
    size = found.get("file_size")
    return Entry(
        path=str(found.get("path", "")).rstrip("/"),
        kind=FOLDER if folder else FILE,
        size=None if folder or size is None else int(size),
    )
