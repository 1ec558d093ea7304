"""The table that people see."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.commands.presentation import describe

STATUS: dict[str, Any] = {
    "url": "http://127.0.0.1:8123",
    "pid": 42,
    "state": "/project/.modelyard/local",
    "workspace": "https://adb-1.azuredatabricks.net",
    "requests": 0,
    "faults": 0,
    "failures": [],
    "hosts": {"entra": ["login.microsoftonline.com", "sts.windows.net"], "endpoints": []},
    "services": {"entra": {"tenant": "t", "nested": {"x": 1}}, "endpoints": {"running": 2}},
}


def test_says_what_is_where() -> None:
    assert describe(STATUS).splitlines() == [
        "Local cloud at http://127.0.0.1:8123 (process 42)",
        "State in /project/.modelyard/local",
        "",
        "  Microsoft Entra sign-in  https://login.microsoftonline.com  tenant t",
        "  Scoring endpoints        at the cloud's own address         running 2",
    ]


def test_mentions_faults_and_failures() -> None:
    text = describe({**STATUS, "faults": 2, "failures": ["KeyError at GET x: 'y'"]})
    assert "Fault rules: 2" in text
    assert "KeyError at GET x" in text
