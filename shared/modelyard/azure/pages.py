"""Lists of Azure that come in pages.

Source: Azure REST reference, "Paging": ``value``, and ``nextLink`` where there is more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.http import Session


def items(
    session: Session, path: str, query: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The items of a list; a page is asked for when it is needed.

    :param query: of the first page; the address of each further one is the service's own.
    """
    page = session.get(path, query)
    while True:
        yield from page.get("value") or ()
        if not page.get("nextLink"):
            return
        page = session.get(str(page["nextLink"]))
