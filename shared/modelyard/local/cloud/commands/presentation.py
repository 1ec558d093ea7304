"""What runs where, as text for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.titles import TITLES

ON_LOOPBACK = "at the cloud's own address"
"""Of a service that has no host name."""


def describe(status: Mapping[str, Any]) -> str:
    """A short table of a cloud's status."""
    lines = [
        f"Local cloud at {status['url']} (process {status['pid']})",
        f"State in {status['state']}",
        "",
    ]
    rows = []
    for name, facts in status["services"].items():
        hosts = status["hosts"].get(name, [])
        where = f"https://{hosts[0]}" if hosts else ON_LOOPBACK
        rows.append((TITLES.get(name, name), where, _facts(facts)))
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for title, where, facts in rows:
        lines.append(f"  {title:<{widths[0]}}  {where:<{widths[1]}}  {facts}".rstrip())
    if status["faults"]:
        lines += ["", f"Fault rules: {status['faults']} (modelyard local fault list)"]
    if status["failures"]:
        lines += ["", "The cloud itself failed (see cloud.log):"]
        lines += [f"  {failure}" for failure in status["failures"][-5:]]
    return "\n".join(lines)


def _facts(facts: Mapping[str, Any]) -> str:
    simple = {k: v for k, v in facts.items() if isinstance(v, str | int | float)}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in simple.items())
