"""The files that a run of Azure ML has kept: what MLflow logged, and what it left in outputs/.

Source: the calls of azureml-core 1.61 (``Run.download_files``), ``artifact/v2.0``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from modelyard.azureml.connection import Place
from modelyard.http import Session


def below(session: Session, place: Place, run: str, folder: str) -> dict[str, str]:
    """The files of a folder: path in it -> address that may be read for a while.

    :param session: to the API of the workspace's region.
    """
    path = f"{_base(place)}/prefix/contentinfo/{_container(run)}/{quote(folder)}"
    start = f"{folder}/"
    return {
        str(one["path"]).removeprefix(start): str(one["contentUri"])
        for one in _pages(session, path)
        if str(one["path"]).startswith(start)  # the folder's name may begin another's
    }


def names(session: Session, place: Place, run: str) -> list[str]:
    """The paths of all files."""
    return [str(one["path"]) for one in _pages(session, f"{_base(place)}/{_container(run)}")]


def _base(place: Place) -> str:
    return f"/artifact/v2.0{place.path}/artifacts"


def _container(run: str) -> str:
    return f"ExperimentRun/dcid.{quote(run, safe='')}"


def _pages(session: Session, path: str) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {}
    while True:
        page = session.get(path, query)
        yield from page.get("value") or ()
        if not page.get("continuationToken"):
            return
        query = {"continuationToken": page["continuationToken"]}
