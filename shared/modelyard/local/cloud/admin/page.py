"""The page at ``/``: what this is, for somebody who opens the cloud's address in a browser.

Nobody has to show a key for it, so it says nothing that the cloud keeps: no name of a thing that
somebody made, no path of this machine, no credential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from modelyard.local.cloud.titles import TITLES

_BEGIN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Modelyard's local cloud</title>
<style>body { font: 16px sans-serif; margin: 2em; max-width: 60em } td { padding: .2em 1em .2em 0 }
</style></head><body>
<h1>Modelyard's local cloud</h1>
<p>A program on this machine that answers in place of Azure, Databricks and GitHub. Programs reach
it under the services' own host names with <code>modelyard local exec -- COMMAND</code>; what each
service holds is told by <code>modelyard local status</code>.</p>
<table>
"""
_END = "</table>\n</body></html>\n"


def text(status: Mapping[str, Any]) -> str:
    """HTML.

    :param status: of the cloud.
    """
    rows = (
        _row(TITLES.get(name, name), status["hosts"].get(name, []), facts, status["url"])
        for name, facts in status["services"].items()
    )
    return _BEGIN + "".join(rows) + _END


def _row(title: str, hosts: Sequence[str], facts: Mapping[str, Any], url: str) -> str:
    links = " ".join(f'<a href="{escape(one)}">{escape(one)}</a>' for one in _pages(facts, url))
    cells = (escape(title), escape(", ".join(hosts[:1])), links)
    return f"<tr>{''.join(f'<td>{one}</td>' for one in cells)}</tr>\n"


def _pages(facts: Mapping[str, Any], url: str) -> Iterator[str]:
    """Those that a browser can open: on this machine."""
    machine = url.rpartition(":")[0]
    for value in facts.values():
        if isinstance(value, str) and value.startswith(f"{machine}:"):
            yield value
