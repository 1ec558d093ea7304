"""Choosing the best of several runs by a metric, and saying of each why it was or wasn't chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.errors import InputError, NoModel
from modelyard.reading import nearest

DIRECTIONS = ("lower", "higher")


@dataclass(frozen=True)
class Criterion:
    """What makes a run better than another, and good enough."""

    metric: str
    better: str
    """``lower`` or ``higher``."""
    threshold: float | None = None
    """A value must be better than this; equal isn't enough."""

    @property
    def shown(self) -> str:
        """``lowest rmse, below 0.8``."""
        word, side = ("lowest", "below") if self.better == "lower" else ("highest", "above")
        limit = "" if self.threshold is None else f", {side} {self.limit}"
        return f"{word} {self.metric}{limit}"

    @property
    def limit(self) -> str:
        """The threshold with all its digits; empty when there is none."""
        if self.threshold is None:
            return ""
        short = f"{self.threshold:g}"
        return short if float(short) == self.threshold else repr(self.threshold)

    def told(self, value: float) -> str:
        """As :func:`number`; with all its digits where fewer would be on the threshold's other
        side."""
        short = number(value)
        return short if self.passes(float(short)) == self.passes(value) else repr(value)

    def passes(self, value: float) -> bool:
        """Whether a value is good enough."""
        if self.threshold is None:
            return True
        return value < self.threshold if self.better == "lower" else value > self.threshold

    def beats(self, value: float, other: float) -> bool:
        """Whether a value is strictly better than another."""
        return value < other if self.better == "lower" else value > other


@dataclass(frozen=True)
class Candidate:
    """A run that may be chosen."""

    id: str
    title: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    refused: str = ""
    """Why it can't be chosen whatever its metrics: ``FAILED``. Empty when it can."""


@dataclass(frozen=True)
class Verdict:
    """What became of a candidate."""

    candidate: Candidate
    value: float | None
    """Of the metric; None where it has none."""
    reason: str
    """``best``, or why it isn't."""


@dataclass(frozen=True)
class Choice:
    """The best run, and all the verdicts in the order of the candidates."""

    best: Verdict
    verdicts: tuple[Verdict, ...]

    @property
    def value(self) -> float:
        """Of the best run."""
        assert self.best.value is not None
        return self.best.value


def criterion(metric: str | None, better: str | None, threshold: float | None) -> Criterion | None:
    """The criterion that the inputs give; None when they name no metric.

    :raises InputError: when one of them is missing.
    """
    if not metric:
        if better or threshold is not None:
            name = "better" if better else "threshold"
            raise InputError(f"{name} is given, but no metric", fix="name the metric it is about")
        return None
    if not better:
        raise InputError(
            f"metric is {metric}, and better doesn't say which values of it are good",
            fix="set better to lower (an error) or higher (a score)",
        )
    return Criterion(metric, better, threshold)


def choose(candidates: Sequence[Candidate], by: Criterion, *, named_by: str = "runs") -> Choice:
    """The best candidate. Of equal ones the first; a value that isn't a number never wins.

    :param named_by: the input that names the candidates.
    :raises NoModel: when none can be chosen, with every candidate's value and why.
    """
    best: Verdict | None = None
    for verdict in (_judge(candidate, by) for candidate in candidates):
        if verdict.reason or verdict.value is None:
            continue
        if best is None or best.value is None or by.beats(verdict.value, best.value):
            best = verdict
    verdicts = tuple(_final(_judge(candidate, by), best, by) for candidate in candidates)
    if best is None:
        raise _no_model(verdicts, by, named_by)
    chosen = next(one for one in verdicts if one.candidate is best.candidate)
    return Choice(chosen, verdicts)


def number(value: float) -> str:
    """Up to six digits: 0.712882."""
    return f"{value:.6g}"


def _judge(candidate: Candidate, by: Criterion) -> Verdict:
    """With an empty reason for one that may win."""
    value = candidate.metrics.get(by.metric)
    if candidate.refused:
        return Verdict(candidate, value, candidate.refused)
    if value is None:
        return Verdict(candidate, None, f"has no metric {by.metric}")
    if math.isnan(value) or math.isinf(value):
        return Verdict(candidate, value, "is not a finite number")
    if not by.passes(value):
        side = "below" if by.better == "lower" else "above"
        return Verdict(candidate, value, f"is not {side} the threshold {by.limit}")
    return Verdict(candidate, value, "")


def _final(verdict: Verdict, best: Verdict | None, by: Criterion) -> Verdict:
    if verdict.reason or best is None:
        return verdict
    if verdict.candidate is best.candidate:
        return Verdict(verdict.candidate, verdict.value, "best")
    equal = verdict.value == best.value
    reason = "equal, but later" if equal else f"not the {by.shown.split()[0]}"
    return Verdict(verdict.candidate, verdict.value, reason)


def _no_model(verdicts: Sequence[Verdict], by: Criterion, named_by: str) -> NoModel:
    lines = [
        f"  {one.candidate.title}: {by.metric} "
        f"{'missing' if one.value is None else by.told(one.value)}, {one.reason}"
        for one in verdicts
    ]
    what = "\n".join([f"none of {len(verdicts)} runs can be chosen ({by.shown})", *lines])
    if not verdicts:
        return NoModel(
            f"there is no run to choose from ({by.shown})",
            cause="no run of this build was found",
            fix=f"see that {named_by} has this build's runs, or that they carry its build tag",
        )
    known = _known(one.candidate for one in verdicts)
    if by.metric not in known:
        listed = ", ".join(known) if known else "none at all"
        return NoModel(
            what,
            cause=f"no run logged the metric {by.metric}; those that exist: {listed}",
            fix=f"correct the input metric{nearest(by.metric, known)}, or log it in the training",
        )
    if all(one.candidate.refused for one in verdicts):
        return NoModel(what, cause="no run succeeded")
    return NoModel(
        what,
        cause="no model is good enough",
        fix="train with other parameters or data, or set another threshold",
    )


def _known(candidates: Iterable[Candidate]) -> list[str]:
    return sorted({name for candidate in candidates for name in candidate.metrics})
