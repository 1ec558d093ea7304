"""Requests to an endpoint while traffic moves: who answered, how often wrongly, how fast."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelyard.clock import Clock
from modelyard.credentials import StaticToken
from modelyard.deployment_errors import TrafficFailed
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


def watch(url: str, key: str, rows: Rows, new: str, how: Watch, *, clock: Clock) -> None:
    """Send the rows again and again, spread over the time, and judge the new deployment.

    It stops as soon as too many answers were errors.

    :param new: name of the deployment that is judged.
    :raises TrafficFailed: when it made too many errors, or is too slow.
    """
    session = Session(
        url,
        clock=clock,
        credential=StaticToken(key),
        timeouts=Timeouts(read=how.timeout),
        retries=Retries(most=0),  # an error that a client sees counts, whatever comes after it
    )
    tallies: dict[str, Tally] = {}
    allowed = how.max_error_percent / 100 * how.requests
    pause = how.seconds / how.requests
    for _ in range(how.requests):
        start = clock.monotonic()
        name, error = _ask(session, url, rows)
        # An answer that names nobody counts against the new one: the old one was fine before.
        tally = tallies.setdefault(name or new, Tally())
        took = clock.monotonic() - start
        if error:
            tally.errors.append(error)
        else:
            tally.seconds.append(took)
        mine = tallies.get(new, Tally())
        if len(mine.errors) > allowed:
            raise TrafficFailed(
                f"{new} answered {len(mine.errors)} of {mine.count} requests with an error: "
                f"{mine.errors[-1]}"
            )
        clock.sleep(max(0.0, pause - took))
    _judge_latency(tallies, new, how)


def _ask(session: Session, url: str, rows: Rows) -> tuple[str, str]:
    """Who answered, and what was wrong; empty texts for nobody and nothing."""
    try:
        answer = session.call("POST", url, json=rows.body, reads=True)
    except ServiceError as error:
        return error.headers.get(DEPLOYMENT, ""), error.what
    except ModelyardError as error:
        return "", error.what
    return str(answer.headers.get(DEPLOYMENT, "")), ""


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
