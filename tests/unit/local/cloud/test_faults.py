"""Which rule meets which request, how often, and which rules are refused."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.faults import FaultError, Faults, Rule, rule_from_json

HOST = "adb-1.azuredatabricks.net"


def taken(faults: Faults, times: int = 1, method: str = "GET", path: str = "/api/x") -> list[str]:
    rules = [faults.take(HOST, method, path, has_previous=True) for _ in range(times)]
    return [rule.action if rule else "-" for rule in rules]


def test_a_rule_applies_once_unless_it_says_otherwise() -> None:
    faults = Faults()
    faults.add(Rule("reset"))
    assert taken(faults, 3) == ["reset", "-", "-"]


def test_a_rule_skips_first_and_then_applies_so_often() -> None:
    faults = Faults()
    faults.add(Rule("status", skip=2, times=2))
    assert taken(faults, 6) == ["-", "-", "status", "status", "-", "-"]


def test_a_rule_for_ever() -> None:
    faults = Faults()
    faults.add(Rule("html", times=None))
    assert taken(faults, 50) == ["html"] * 50


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule("reset", host="adb-*"), True),
        (Rule("reset", host="ADB-1.azuredatabricks.net"), True),
        (Rule("reset", host="management.azure.com"), False),
        (Rule("reset", method="post"), True),
        (Rule("reset", method="GET"), False),
        (Rule("reset", path="/api/*/runs/submit"), True),
        (Rule("reset", path="/api"), False),
    ],
)
def test_patterns(rule: Rule, fits: bool) -> None:
    faults = Faults()
    faults.add(rule)
    found = faults.take(HOST, "POST", "/api/2.1/jobs/runs/submit", has_previous=False)
    assert (found is not None) == fits


def test_requests_that_do_not_fit_use_nothing_up() -> None:
    faults = Faults()
    faults.add(Rule("reset", path="/other"))
    assert taken(faults, 3) == ["-", "-", "-"]
    assert taken(faults, path="/other") == ["reset"]


def test_the_second_rule_waits_for_the_first() -> None:
    faults = Faults()
    faults.add(Rule("reset"))
    faults.add(Rule("html"))
    assert taken(faults, 3) == ["reset", "html", "-"]


def test_a_rule_that_skips_lets_the_next_one_apply() -> None:
    faults = Faults()
    faults.add(Rule("reset", skip=1))
    faults.add(Rule("html"))
    assert taken(faults, 3) == ["html", "reset", "-"]


def test_a_stale_read_waits_for_an_older_answer() -> None:
    faults = Faults()
    faults.add(Rule("stale"))
    assert faults.take(HOST, "GET", "/x", has_previous=False) is None
    assert faults.take(HOST, "GET", "/x", has_previous=True) is not None


def test_list_says_how_often_and_remove_removes() -> None:
    faults = Faults()
    kept = faults.add(Rule("reset", times=2))
    gone = faults.add(Rule("html"))
    taken(faults)
    assert faults.remove(gone.id)
    assert not faults.remove(gone.id)
    (listed,) = faults.list()
    assert (listed["id"], listed["applied"], listed["used_up"]) == (kept.id, 1, False)
    faults.clear()
    assert faults.list() == []


def test_a_rule_from_json() -> None:
    rule = rule_from_json(
        {"action": "status", "status": 429, "headers": {"Retry-After": "1"}, "times": None}
    )
    assert rule == Rule("status", status=429, headers={"Retry-After": "1"}, times=None)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "a rule is a JSON object"),
        ({}, '"action" is missing'),
        ({"action": "explode"}, "'explode' is not one of status"),
        ({"action": "reset", "pth": "/"}, "unknown field pth; known: action"),
        ({"action": "reset", "id": "x"}, "unknown field id"),
        ({"action": "reset", "times": "2"}, "times '2' is not a int"),
        ({"action": "reset", "times": True}, "times True"),
        ({"action": "reset", "times": 0}, "times must be at least 1"),
        ({"action": "reset", "skip": -1}, "skip"),
        ({"action": "reset", "when": "later"}, "when 'later'"),
        ({"action": "status", "status": 99}, "status 99"),
        ({"action": "status", "headers": {"X": "a\r\nY: b"}}, "texts of one line"),
        ({"action": "status", "headers": {"X": 1}}, "texts of one line"),
        ({"action": "status", "headers": {"X y": "1"}}, "not the name of a header"),
        ({"action": "cut"}, 'needs when "after"'),
        ({"action": "stale", "when": "after"}, "reads have no effect"),
        ({"action": "delay", "seconds": -1}, "seconds"),
    ],
)
def test_rules_that_make_no_sense_are_refused(document: Any, message: str) -> None:
    with pytest.raises(FaultError, match=message):
        rule_from_json(document)
