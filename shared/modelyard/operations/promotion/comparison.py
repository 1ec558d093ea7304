"""The challenger beside the champion: a verdict, and why. No service is asked here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from modelyard.errors import NoModel
from modelyard.reading import nearest
from modelyard.selection import Criterion, number

PROMOTE, KEEP, NO_CHAMPION, INCOMPARABLE = "promote", "keep", "no-champion", "incomparable"


@dataclass(frozen=True)
class ModelVersion:
    """A version of a registered model, with what is known of how good it is."""

    name: str
    version: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    """Parameters and tags."""
    missing: str = ""
    """Why nothing is known of it: ``its MLflow run 12 doesn't exist``."""

    @property
    def shown(self) -> str:
        return f"{self.name} version {self.version}"


@dataclass(frozen=True)
class Rule:
    """When a challenger takes the champion's place."""

    by: Criterion
    minimum_gain: float
    """Not negative. With 0 the challenger has to be better, by however little."""
    alike: Sequence[str] = ()
    """Facts that both must have alike, or their metrics say nothing of each other."""


@dataclass(frozen=True)
class Judgement:
    """What came of the comparison."""

    verdict: str
    reason: str
    challenger: float
    champion: float | None = None
    gain: float | None = None
    """By how much the challenger is better; below 0 when it is worse."""


def judge(challenger: ModelVersion, champion: ModelVersion | None, rule: Rule) -> Judgement:
    """:raises NoModel: when the challenger doesn't have the metric; those that it has are named."""
    value = _challenger_value(challenger, rule.by)
    if champion is None:
        return Judgement(NO_CHAMPION, "there is no champion yet", value)
    if champion.version == challenger.version:
        return Judgement(KEEP, "it is the champion already", value, value)
    best = champion.metrics.get(rule.by.metric)
    if best is None or not math.isfinite(best):
        return Judgement(INCOMPARABLE, _why_not(champion, rule.by, best), value)
    for name in rule.alike:
        if why := _differs(name, challenger, champion):
            return Judgement(INCOMPARABLE, why, value, best)
    exact = _exact(best) - _exact(value)
    gain = exact if rule.by.better == "lower" else -exact
    enough = gain > 0 and gain >= _exact(rule.minimum_gain)
    return Judgement(
        PROMOTE if enough else KEEP, _told(gain, enough, rule), value, best, float(gain)
    )


def _challenger_value(challenger: ModelVersion, by: Criterion) -> float:
    value = challenger.metrics.get(by.metric)
    if value is not None and math.isfinite(value):
        return value
    if value is not None:
        raise NoModel(
            f"{by.metric} of {challenger.shown} is {value}, which is not a finite number",
            cause="its training or its evaluation went wrong",
        )
    known = sorted(challenger.metrics)
    raise NoModel(
        f"{challenger.shown} has no metric {by.metric}; {_those(known)}",
        cause=challenger.missing or "the metric is misspelt, or wasn't logged",
        fix=f"correct the input metric{nearest(by.metric, known)}, or log it with the model",
    )


def _why_not(champion: ModelVersion, by: Criterion, value: float | None) -> str:
    if value is not None:
        return f"{by.metric} of {champion.shown}, the champion, is {value}"
    if champion.missing:
        return f"nothing is known of {champion.shown}, the champion: {champion.missing}"
    known = _those(sorted(champion.metrics))
    return f"{champion.shown}, the champion, has no metric {by.metric}; {known}"


def _those(known: Sequence[str]) -> str:
    return f"it has {', '.join(known)}" if known else "it has none at all"


def _differs(name: str, challenger: ModelVersion, champion: ModelVersion) -> str:
    one, other = challenger.facts.get(name), champion.facts.get(name)
    if one is not None and one == other:
        return ""
    shown = ["nothing" if text is None else repr(text) for text in (one, other)]
    return f"{name} is {shown[0]} for the challenger and {shown[1]} for the champion"


def _exact(value: float) -> Decimal:
    """As people read it: 0.3 - 0.2 is 0.1, and no less."""
    return Decimal(repr(value))


def _told(gain: Decimal, enough: bool, rule: Rule) -> str:
    if gain == 0:
        return f"{rule.by.metric} is the same"
    better = (
        f"{rule.by.metric} is {'better' if gain > 0 else 'worse'} by {number(float(abs(gain)))}"
    )
    if gain < 0 or enough:
        return better
    return f"{better}, less than {rule.minimum_gain:g}"
