"""Cluster policies: find one, and check a cluster against its rules before anything is created.

Source: REST reference, "Cluster Policies" (API 2.0), and "Compute policy reference" for the rules:
fixed, forbidden, allowlist, blocklist, regex, range and unlimited; a limiting rule makes its field
required unless it has ``isOptional`` or a ``defaultValue``.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.errors import Ambiguous, NotFound, PolicyViolation
from modelyard.http import Session

log = logging.getLogger(__name__)

API = "/api/2.0/policies/clusters"
VIRTUAL = frozenset({"dbus_per_hour", "cluster_type"})
"""Paths that are no field of the request: the service works them out."""


@dataclass(frozen=True)
class Policy:
    """A policy and its rules, by path."""

    policy_id: str
    name: str
    rules: Mapping[str, Mapping[str, Any]]

    @property
    def imposed(self) -> dict[str, str]:
        """Paths and values that the policy puts into a cluster that leaves them out, with
        ``apply_policy_default_values``."""
        return {
            path: _text(value)
            for path, rule in self.rules.items()
            if (value := rule.get("value", rule.get("defaultValue"))) is not None
        }


def get(session: Session, policy_id: str) -> Policy:
    """:raises NotFound:"""
    return _policy(session.get(f"{API}/get", {"policy_id": policy_id}))


def find(session: Session, name: str) -> Policy:
    """The policy of exactly this name.

    :raises NotFound: with the names that there are.
    :raises Ambiguous:
    """
    listed = session.get(f"{API}/list").get("policies") or []
    found = [body for body in listed if body.get("name") == name]
    if len(found) > 1:
        ids = ", ".join(str(body.get("policy_id")) for body in found)
        raise Ambiguous(f"{len(found)} cluster policies are named {name}: {ids}")
    if not found:
        names = ", ".join(sorted(str(body.get("name")) for body in listed)) or "none"
        raise NotFound(
            f"there is no cluster policy {name}; those that this identity may use: {names}",
            fix="check the name, or grant the identity the right to use the policy",
        )
    return _policy(found[0])


def check(spec: Mapping[str, Any], policy: Policy) -> None:
    """:raises PolicyViolation: with every rule that the cluster would break, by name."""
    broken = broken_rules(spec, policy.rules)
    if broken:
        raise PolicyViolation(
            f"the cluster breaks {len(broken)} rule(s) of the policy {policy.name}: "
            + "; ".join(broken),
            cause="the policy is the workspace's; nothing was created",
            fix="change the inputs, or take another policy",
        )


def broken_rules(
    spec: Mapping[str, Any], rules: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    """Each rule that the spec breaks, as ``path: what is wrong``.

    Not checked here: virtual paths, and values such as ``auto:latest-lts``, which the service
    makes a version of. Fields with a default are taken for given: see ``Policy.imposed``.
    """
    values = dict(_flat(spec))
    found = []
    for path, rule in rules.items():
        if path in VIRTUAL:
            continue
        matching = {name: value for name, value in values.items() if _is_at(name, path)}
        if matching:
            problems = (_problem(value, rule) for value in matching.values())
            found += [f"{path}: {problem}" for problem in problems if problem]
        elif _is_required(path, rule):
            found.append(f"{path}: it must be given ({_allowed(rule)})")
    return tuple(found)


def _policy(body: Mapping[str, Any]) -> Policy:
    definition = body.get("definition") or "{}"
    name = str(body.get("name", ""))
    try:
        rules = json.loads(definition)
    except (TypeError, ValueError):
        log.warning("the definition of the policy %s isn't JSON: only the service checks it", name)
        rules = {}
    return Policy(
        policy_id=str(body.get("policy_id", "")),
        name=name,
        rules={path: rule for path, rule in rules.items() if isinstance(rule, Mapping)},
    )


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves with their dotted paths; list items by number."""
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, Sequence) and not isinstance(value, str):
        items = enumerate(value)
    else:
        yield path, value
        return
    for key, item in items:
        yield from _flat(item, f"{path}.{key}" if path else str(key))


def _is_at(name: str, path: str) -> bool:
    """Whether a rule's path speaks of this leaf. ``*`` is any one item or name."""
    pattern = re.escape(path).replace(r"\*", r"[^.]+" if not path.endswith(".*") else r".+")
    return re.fullmatch(pattern, name) is not None or name.startswith(path + ".")


def _is_required(path: str, rule: Mapping[str, Any]) -> bool:
    limiting = rule.get("type") in _CHECKS and rule.get("type") not in ("fixed", "forbidden")
    optional = rule.get("isOptional") or rule.get("defaultValue") is not None or "*" in path
    return limiting and not optional


def _problem(value: Any, rule: Mapping[str, Any]) -> str:
    kind = str(rule.get("type", ""))
    allowed = [_text(one) for one in (rule.get("value"), *(rule.get("values") or ()))]
    if kind not in _CHECKS or any(one.startswith("auto:") for one in allowed):
        log.debug("only the service can check the rule %s", rule)
        return ""
    if _CHECKS[kind](value, rule):
        return ""
    return f"{_text(value)} isn't allowed ({_allowed(rule)})"


def _allowed(rule: Mapping[str, Any]) -> str:
    kind = str(rule.get("type", ""))
    if kind == "fixed":
        return f"fixed: {_text(rule.get('value'))}"
    if kind in ("allowlist", "blocklist"):
        return f"{kind}: {', '.join(_text(value) for value in rule.get('values') or ())}"
    if kind == "range":
        low, high = rule.get("minValue"), rule.get("maxValue")
        return f"range: {'' if low is None else low} to {'' if high is None else high}"
    return f"regex: {rule.get('pattern')}" if kind == "regex" else kind


def _text(value: Any) -> str:
    """As the service compares them: ``true``, ``2`` and ``2.0`` alike, texts as they are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _listed(value: Any, rule: Mapping[str, Any]) -> bool:
    return _text(value) in [_text(one) for one in rule.get("values") or ()]


def _matches(value: Any, rule: Mapping[str, Any]) -> bool:
    try:
        return re.fullmatch(str(rule.get("pattern", "")), _text(value)) is not None
    except re.error:
        return True  # an expression of Java's that Python can't read: the service checks it


def _in_range(value: Any, rule: Mapping[str, Any]) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    low, high = rule.get("minValue"), rule.get("maxValue")
    return (low is None or number >= low) and (high is None or number <= high)


_CHECKS: Mapping[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "fixed": lambda value, rule: _text(value) == _text(rule.get("value")),
    "forbidden": lambda *_: False,
    "allowlist": _listed,
    "blocklist": lambda value, rule: not _listed(value, rule),
    "regex": _matches,
    "range": _in_range,
    "unlimited": lambda *_: True,
}
