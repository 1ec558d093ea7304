"""HTML from Python values. Everything that isn't :class:`Markup` is escaped: what notebooks print
is not to be trusted."""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterable, Sequence

from werkzeug.wrappers import Response

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem;
  padding: 1rem 2rem 4rem; color: #1b2733; background: #fff; }
nav a { margin-right: 1.2rem; } a { color: #0b62b8; text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { font-size: 1.5rem; margin: 1rem 0 .3rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e3e8ee;
  vertical-align: top; }
th { font-weight: 600; color: #55636f; }
pre { background: #f5f7f9; padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .3rem 0; border-radius: 4px;
  font: 13px/1.45 ui-monospace, monospace; }
pre.output { background: #fff; border: 1px solid #e3e8ee; } pre.error { background: #fdf0ef; }
iframe { width: 100%; height: 22rem; border: 1px solid #e3e8ee; border-radius: 4px;
  resize: vertical; overflow: auto; }
.state { padding: .05rem .6rem; border-radius: 1rem; background: #e8ecf0; font-size: .85rem;
  white-space: nowrap; }
.good { background: #dcf3e2; color: #14592a; } .bad { background: #fbdcd9; color: #8a1c12; }
.busy { background: #dcebfa; color: #0b4a8a; } .dim { color: #6b7884; font-size: .85rem; }
.cell { margin: 1.1rem 0; }
@media (prefers-color-scheme: dark) { body { background: #14191e; color: #dfe6ec; }
  pre, .state { background: #1e262d; } pre.output { background: #14191e; } a { color: #6db3f2; }
  th, td, pre.output, iframe { border-color: #333d46; } pre.error { background: #3a1d1a; }
  iframe { background: #fff; } }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""No script runs and nothing is fetched, whatever a notebook displays."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Markup | Iterable["str | Markup"]


def tag(name: str, content: Content = "", **attributes: str) -> Markup:
    """An element. Attributes are escaped; ``class_`` is ``class``."""
    given = "".join(
        f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def joined(content: Content) -> Markup:
    """Several pieces, escaped where they aren't markup."""
    pieces = [content] if isinstance(content, str) else content
    return Markup(
        "".join(piece if isinstance(piece, Markup) else html.escape(piece) for piece in pieces)
    )


def link(text: str, target: str) -> Markup:
    return tag("a", text, href=target)


def state(text: str) -> Markup:
    """A state as a coloured label."""
    good = {"SUCCESS", "RUNNING", "INSTALLED", "SUCCESS_WITH_FAILURES"}
    bad = {"FAILED", "TIMEDOUT", "INTERNAL_ERROR", "UPSTREAM_FAILED", "ERROR"}
    busy = {"PENDING", "QUEUED", "TERMINATING", "RESTARTING", "RESIZING", "BLOCKED", "INSTALLING"}
    kinds = {
        **dict.fromkeys(good, "good"),
        **dict.fromkeys(bad, "bad"),
        **dict.fromkeys(busy, "busy"),
    }
    return tag("span", text, class_=f"state {kinds.get(text, '')}".strip())


def facts(rows: Sequence[tuple[str, Content]]) -> Markup:
    """A table of names and values; rows without a value are left out."""
    shown = [(name, joined(value)) for name, value in rows]
    return tag(
        "table", [tag("tr", [tag("th", name), tag("td", value)]) for name, value in shown if value]
    )


def table(headings: Sequence[str], rows: Sequence[Sequence[Content]]) -> Markup:
    head = tag("tr", [tag("th", heading) for heading in headings])
    body = [tag("tr", [tag("td", joined(value)) for value in row]) for row in rows]
    return tag("table", [head, *body])


def moment(milliseconds: int | None) -> str:
    """Milliseconds since the epoch as a local time; empty for none."""
    if not milliseconds:
        return ""
    utc = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return utc.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(milliseconds: int) -> str:
    """``2 m 14 s``"""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} m {rest} s"


def document(title: str, body: Content, refresh: bool = False) -> str:
    """A whole page; with ``refresh`` it is loaded again every three seconds."""
    again = '<meta http-equiv="refresh" content="3">' if refresh else ""
    menu = tag("nav", [link("Jobs", "/jobs"), link("Clusters", "/compute")])
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{again}'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{menu}{joined(body)}</body></html>"
    )


def response(page: str, status: int = 200) -> Response:
    answer = Response(page, status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
