"""Where the documentation is read by whoever has no clone of this repository."""

from __future__ import annotations

HOME = "https://github.com/OWNER/modelyard"


def page(name: str) -> str:
    """The address of a page.

    :param name: ``identity``, ``reference/notebook-run``.
    """
    return f"{HOME}/blob/main/docs/{name}.md"
