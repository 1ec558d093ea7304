"""Asking a scoring endpoint for predictions, and judging the answer."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import requests as requests_library

from modelyard.answers import start_of
from modelyard.clock import Clock
from modelyard.credentials import Anonymous, StaticToken
from modelyard.endpoints.rows import Rows
from modelyard.errors import EndpointTestFailed, InputError, NotTheService, ServiceError
from modelyard.http import Retries, Session, Timeouts

Kind = Literal["any", "number", "integer", "text", "list"]
DEPLOYMENT = "azureml-model-deployment"
"""Header of Azure ML: which deployment shall answer, and which one did."""
PREDICTIONS = ("predictions", "result", "results")
KINDS: tuple[Kind, ...] = ("any", "number", "integer", "text", "list")


def kind_of(text: str) -> Kind:
    """The kind of that name: one of KINDS."""
    return next(kind for kind in KINDS if kind == text)


@dataclass(frozen=True)
class Answer:
    """What the endpoint said to each request, and how long each took (seconds)."""

    answers: tuple[Sequence[Any], ...]
    """At least one: the predictions for all rows."""
    seconds: tuple[float, ...]

    @property
    def predictions(self) -> Sequence[Any]:
        """Those of the last answer."""
        return self.answers[-1]

    @property
    def median_milliseconds(self) -> float:
        """Median over the requests."""
        return statistics.median(self.seconds) * 1000


def score(
    url: str,
    rows: Rows,
    *,
    clock: Clock,
    key: str = "",
    requests: int = 1,
    timeout: float = 60.0,
    deployment: str = "",
) -> Answer:
    """POST the rows ``requests`` times.

    :param url: the whole scoring URL.
    :param deployment: of an Azure ML endpoint: ask this one, whatever the traffic.
    :param timeout: seconds for one answer.
    :raises EndpointTestFailed: when an answer isn't a 200 with predictions.
    :raises Unreachable, Unauthenticated, NotTheService:
    """
    session = _session(url, key, clock, timeout)
    headers = {DEPLOYMENT: deployment} if deployment else {}
    seconds, answers = [], []
    for _ in range(requests):
        start = clock.monotonic()
        try:
            answer = session.call("POST", url, json=rows.body, headers=headers, reads=True)
        except ServiceError as error:
            # A server that isn't there answers 502 to 504, one whose script has raised 500.
            if type(error) is not ServiceError and error.status != 500:
                raise
            raise EndpointTestFailed(
                error.what,
                cause="the model or its scoring script doesn't take these rows",
                fix="see what the server has printed, and compare the rows with the model's "
                "signature",
            ) from None
        seconds.append(clock.monotonic() - start)
        answers.append(predictions(answer, url))
    return Answer(tuple(answers), tuple(seconds))


def check(answer: Answer, *, count: int, kind: Kind) -> None:
    """Assert number and type of the predictions of every answer.

    :raises EndpointTestFailed: naming the first that is wrong.
    """
    for request, predicted in enumerate(answer.answers, start=1):
        place = f" (request {request} of {len(answer.answers)})" if request > 1 else ""
        if len(predicted) != count:
            raise EndpointTestFailed(
                f"{count} predictions were expected, {len(predicted)} came back{place}",
                fix="compare them with the rows that were sent, or correct expect-count",
            )
        for number, value in enumerate(predicted, start=1):
            if not _is(kind, value):
                raise EndpointTestFailed(
                    f"prediction {number} is {value!r}, which is {_kind_of(value)}, "
                    f"not {kind}{place}",
                    fix="correct the scoring script, or expect-type",
                )


def check_latency(answer: Answer, most: float | None) -> None:
    """Assert that the median latency is at most so many milliseconds (None: any).

    :raises EndpointTestFailed:
    """
    if most is not None and answer.median_milliseconds > most:
        raise EndpointTestFailed(
            f"the median latency is {answer.median_milliseconds:.0f} ms, over {most:g} ms",
            fix="give the endpoint a larger machine, or raise max-latency-milliseconds",
        )


def check_refuses_strangers(url: str, rows: Rows, *, clock: Clock) -> None:
    """Assert that the endpoint wants a key.

    :raises EndpointTestFailed: when it scores without one.
    """
    response = None
    try:
        response = _session(url, "", clock, 60.0).call("POST", url, json=rows.body, reads=True)
    except ServiceError as error:
        if error.status in (401, 403):
            return
        raise
    raise EndpointTestFailed(
        f"{url} answered {response.status_code} to a request without a key",
        cause="the endpoint was deployed without authentication",
        fix="deploy it with authentication, or leave expect-authentication off",
    )


def _session(url: str, key: str, clock: Clock, timeout: float) -> Session:
    if not url.startswith(("http://", "https://")):
        raise InputError(f"scoring-url is {url!r}, not an http or https address")
    return Session(
        url,
        clock=clock,
        credential=StaticToken(key) if key else Anonymous(),
        timeouts=Timeouts(read=timeout),
        retries=Retries(most=3),
    )


def predictions(answer: requests_library.Response, url: str) -> Sequence[Any]:
    """Those of MLflow's server or of a scoring script: the list itself, or within an object.

    A script that returns what ``json.dumps`` has made answers with a text that holds either.

    :raises EndpointTestFailed: when there are none. NotTheService for a page.
    """
    text = answer.content.decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        raise NotTheService(
            f"{url} answered {answer.status_code} with a page: {start_of(answer)}",
            fix="use the scoring URL, which the output scoring-url of model-deploy is",
        )
    found = _parsed(text)
    if isinstance(found, str):
        found = _parsed(found)
    if isinstance(found, dict):
        found = next((found[one] for one in PREDICTIONS if isinstance(found.get(one), list)), None)
    if isinstance(found, list):
        return found
    raise EndpointTestFailed(
        f"{url} answered without a list of predictions: {start_of(answer) or 'nothing'}",
        fix="let the scoring script return a list, or an object with predictions",
    )


def _parsed(text: str) -> Any:
    """What a text says in JSON; None where it is none, or nested deeper than anybody means it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is(kind: Kind, value: Any) -> bool:
    if kind == "number":
        # Python writes and reads NaN and Infinity, which JSON doesn't have.
        if isinstance(value, float):
            return math.isfinite(value)
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "text":
        return isinstance(value, str)
    return kind == "any" or isinstance(value, list)


def _kind_of(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "no number that JSON has"
    names = {bool: "a boolean", str: "text", type(None): "nothing", dict: "an object"}
    return names.get(type(value), "a list" if isinstance(value, list) else "a number")
