"""Requests to an endpoint while traffic moves: who answered, how often wrongly, how fast."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelyard.clock import Clock
from modelyard.credentials import StaticToken
from modelyard.deployment_errors import TrafficFailed
from modelyard.endpoints import scoring
from modelyard.endpoints.rows import Rows
from modelyard.endpoints.scoring import DEPLOYMENT
from modelyard.errors import ModelyardError, ServiceError
from modelyard.http import Retries, Session, Timeouts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watch:
    """How long a step is watched, and what is still fine."""

    seconds: float
    requests: int
    max_error_percent: float
    max_latency_milliseconds: float | None
    timeout: float = 60.0
    """Seconds for one answer."""


@dataclass
class Tally:
    """What one deployment answered."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.seconds) + len(self.errors)

    @property
    def median_milliseconds(self) -> float | None:
        return statistics.median(self.seconds) * 1000 if self.seconds else None


Check = Callable[[scoring.Answer], None]
"""Raises EndpointTestFailed for predictions that aren't good."""


def watch(
    url: str, key: str, rows: Rows, new: str, how: Watch, check: Check, *, clock: Clock
) -> None:
    """Send the rows again and again, spread over the time, and judge the new deployment.

    Every other request asks it by name: it has to answer, however small its part of the traffic.
    It stops as soon as the answers that are still to come can't make up for the errors.

    :param new: name of the deployment that is judged.
    :raises TrafficFailed: when it made too many errors, gave no good answer, or is too slow.
    """
    session = Session(
        url,
        clock=clock,
        credential=StaticToken(key),
        timeouts=Timeouts(read=how.timeout),
        retries=Retries(most=0),  # an error that a client sees counts, whatever comes after it
    )
    tallies: dict[str, Tally] = {}
    pause = how.seconds / how.requests
    for number in range(how.requests):
        start = clock.monotonic()
        name, error = _ask(session, url, rows, "" if number % 2 else new, check)
        # An answer that names nobody counts against the new one: the old one was fine before.
        tally = tallies.setdefault(name or new, Tally())
        took = clock.monotonic() - start
        if error:
            tally.errors.append(error)
        else:
            tally.seconds.append(took)
        _judge_errors(tallies.get(new, Tally()), new, how, left=how.requests - number - 1)
        clock.sleep(max(0.0, pause - took))
    _judge_latency(tallies, new, how)


def _ask(session: Session, url: str, rows: Rows, deployment: str, check: Check) -> tuple[str, str]:
    """Who answered, and what was wrong; empty texts for nobody and nothing."""
    headers = {DEPLOYMENT: deployment} if deployment else {}
    try:
        answer = session.call("POST", url, json=rows.body, headers=headers, reads=True)
    except ServiceError as error:
        return error.headers.get(DEPLOYMENT, ""), error.what
    except ModelyardError as error:
        return "", error.what
    name = str(answer.headers.get(DEPLOYMENT, ""))
    try:
        check(scoring.Answer((scoring.predictions(answer, url),), ()))
    except ModelyardError as error:  # a 200 that isn't what was asked for
        return name, error.what
    return name, ""


def _judge_errors(mine: Tally, new: str, how: Watch, *, left: int) -> None:
    """:param left: requests that are still to come; all may be good answers of the new one."""
    if len(mine.errors) > how.max_error_percent / 100 * (mine.count + left):
        raise TrafficFailed(
            f"{new} answered {len(mine.errors)} of {mine.count} requests with an error: "
            f"{mine.errors[-1]}"
        )
    if not left and not mine.seconds:
        last = f"; the last error: {mine.errors[-1]}" if mine.errors else ""
        raise TrafficFailed(
            f"{new} gave no good answer to {how.requests} requests{last}",
            cause="" if mine.errors else "others answered, also where it was asked by name",
        )


def _judge_latency(tallies: Mapping[str, Tally], new: str, how: Watch) -> None:
    for name, tally in sorted(tallies.items()):
        median = tally.median_milliseconds
        speed = "no good answer" if median is None else f"{median:.0f} ms median"
        log.info(
            "%s answered %d requests, %d errors, %s", name, tally.count, len(tally.errors), speed
        )
    median = tallies.get(new, Tally()).median_milliseconds
    most = how.max_latency_milliseconds
    if most is not None and median is not None and median > most:
        raise TrafficFailed(f"{new} takes {median:.0f} ms in the median, over {most:g} ms")
