"""The page that lists the endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

_STYLE = Markup(
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#222}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.4rem .8rem;"
    "border-bottom:1px solid #ddd;vertical-align:top}code{font-size:90%}"
    ".Healthy{color:#0a7d32}.Failed,.Unhealthy{color:#b00020}"
)
_ROW = Markup(
    "<tr><td>{name}</td><td class='{state}'>{state}</td><td>{slot}, {traffic} %</td>"
    "<td><code>{image}</code></td><td><code>{uri}</code></td><td>{deployed}</td></tr>"
)
_PAGE = Markup(
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Scoring endpoints</title>"
    "<style>{style}</style></head><body><h1>Scoring endpoints</h1>{content}</body></html>"
)
_TABLE = Markup(
    "<table><thead><tr><th>Endpoint</th><th>State</th><th>Deployment</th><th>Image</th>"
    "<th>Scoring URI</th><th>Deployed</th></tr></thead><tbody>{rows}</tbody></table>"
)


def overview(endpoints: Sequence[Mapping[str, Any]]) -> str:
    """HTML of all endpoints, a row for each deployment."""
    rows = Markup("").join(
        _ROW.format(
            name=endpoint["name"],
            state=deployment["state"],
            slot=slot,
            traffic=deployment["traffic"],
            image=deployment["image"],
            uri=endpoint["scoring_uri"],
            deployed=deployment["deployed"],
        )
        for endpoint in endpoints
        for slot, deployment in endpoint["deployments"].items()
    )
    nothing = Markup("<p>There is no endpoint. The operation model-deploy makes one.</p>")
    return str(_PAGE.format(style=_STYLE, content=_TABLE.format(rows=rows) if rows else nothing))
