"""The files that a run of Azure ML has kept: what MLflow logged, and what it left in outputs/.

Source: the calls of azureml-core 1.61 (``Run.download_files``), ``artifact/v2.0``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from modelyard.azureml.blobs import SignedAddress
from modelyard.azureml.connection import Place
from modelyard.clock import Clock
from modelyard.errors import NotTheService, Unreachable
from modelyard.http import Session, Timeouts

_PART = 1024 * 1024
"""Bytes of a part of a download."""


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


def read(address: str, *, clock: Clock) -> Iterator[bytes]:
    """A file's content, streamed.

    :param address: with a signature that allows to read.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or "sig=" not in parts.query:
        raise NotTheService("Azure ML gave no signed address to read from")
    session = Session(
        f"{parts.scheme}://{parts.netloc}",
        clock=clock,
        credential=SignedAddress(parts.query),
        timeouts=Timeouts(read=300.0),
    )
    with session.call("GET", f"{parts.path}?{parts.query}", stream=True) as answer:
        try:
            yield from answer.iter_content(_PART)
        except requests.RequestException as error:
            raise Unreachable(f"a download broke off: {type(error).__name__}") from None


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
