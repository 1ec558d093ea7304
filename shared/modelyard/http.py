"""The one session that every REST call goes through.

Time-out on every call; repetitions with back-off, jitter and Retry-After, but only of calls that
may be repeated; a credential that is a provider; typed errors; nothing secret in a message.
"""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import requests

from modelyard import __version__, failures
from modelyard.answers import Rule, classify, read_json, read_list
from modelyard.clock import Clock
from modelyard.credentials import Anonymous, Credential
from modelyard.errors import ModelyardError, NotTheService, ReadOnly, Unauthenticated, Unreachable
from modelyard.masking import redact

log = logging.getLogger(__name__)

SAFE = frozenset({"GET", "HEAD"})
IDEMPOTENT = SAFE | {"PUT", "DELETE"}
REFUSED_UNPROCESSED = frozenset({429})
"""The service says it didn't begin: safe to repeat whatever the call was."""
PASSING = frozenset({429, 500, 502, 503, 504})
REDIRECTS = range(300, 400)
Body = bytes | IO[bytes]
T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """How often and how patiently a call is repeated. Seconds."""

    most: int = 6
    first: float = 0.5
    longest: float = 30.0
    longest_asked: float = 120.0
    """A Retry-After beyond this isn't waited for."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect, and between two bytes of the answer."""

    connect: float = 10.0
    read: float = 60.0


class Session:
    """Calls to one service.

    :param base: scheme and host (and port), without a slash at the end.
    :param rules: rows of the error table that are true of this service only.
    :param read_only: refuse every call that isn't safe: a dry run is the same code with this.
    """

    def __init__(
        self,
        base: str,
        *,
        clock: Clock,
        credential: Credential | None = None,
        rules: tuple[Rule, ...] = (),
        retries: Retries | None = None,
        timeouts: Timeouts | None = None,
        read_only: bool = False,
        seed: int | None = None,
    ) -> None:
        self.base = base.rstrip("/")
        self.clock = clock
        self.read_only = read_only
        self._credential = credential or Anonymous()
        self._rules = rules
        self._retries = retries or Retries()
        self._timeouts = timeouts or Timeouts()
        self._random = random.Random(seed)  # noqa: S311 - jitter, not a secret
        self._requests = requests.Session()
        self._requests.headers["User-Agent"] = f"modelyard/{__version__}"

    def adapted(
        self,
        *,
        retries: Retries | None = None,
        timeouts: Timeouts | None = None,
        clock: Clock | None = None,
    ) -> Session:
        """The same session, signed in the same way, with another patience."""
        other = copy.copy(self)
        other._retries = retries or self._retries
        other._timeouts = timeouts or self._timeouts
        other.clock = clock or self.clock
        return other

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """GET a JSON object."""
        return self.json("GET", path, params=params)

    def get_list(self, path: str, params: Mapping[str, Any] | None = None) -> list[Any]:
        """GET a JSON list. Raises NotTheService when the answer isn't one."""
        return self._read(read_list, self.call("GET", path, params=params), "GET", path)

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        repeatable: bool = False,
        reads: bool = False,
    ) -> dict[str, Any]:
        """POST a JSON object, get one.

        :param repeatable: the call has the same effect done twice (it carries an idempotency
            token, or sets a state): it is repeated after a lost answer.
        :param reads: the call changes nothing (a search): allowed in a dry run.
        """
        return self.json("POST", path, body=body, repeatable=repeatable or reads, reads=reads)

    def json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        repeatable: bool = False,
        reads: bool = False,
    ) -> dict[str, Any]:
        """Any method; a JSON object back.

        :raises NotTheService: when the answer isn't one, whatever its status.
        """
        answer = self.call(
            method, path, params=params, json=body, repeatable=repeatable, reads=reads
        )
        return self._read(read_json, answer, method, path)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        data: Body | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
        reads: bool = False,
        stream: bool = False,
        patience: float | None = None,
    ) -> requests.Response:
        """The answer itself, of a status below 300.

        ``data`` that can't seek back is sent once only: such a call isn't repeated.

        :param path: appended to the base. A full URL is taken as it is; the credential goes with
            it only where it is of the base's own scheme, host and port.
        :param patience: seconds to wait for the answer, where that may take longer than for others.
        :raises ServiceError, Unreachable, NotTheService, ReadOnly:
        """
        name = self._name(method, path)
        if self.read_only and method not in SAFE and not reads:
            raise ReadOnly(f"{name} would write, and this is a dry run")
        start = _position(data)
        may_repeat = (repeatable or method in IDEMPOTENT) and start is not None
        credential = self._credential_for(path)
        renewed, attempt = False, 0
        while True:
            last = attempt >= self._retries.most
            try:
                response = self._requests.request(
                    method,
                    self._url(path),
                    params=params,
                    json=json,
                    data=data,
                    headers={**(headers or {}), **credential.headers()},
                    auth=_as_it_is,
                    timeout=(self._timeouts.connect, patience or self._timeouts.read),
                    allow_redirects=False,
                    stream=stream,
                )
            except requests.RequestException as error:
                reason = self._redacted(f"{name}: {failures.reason(error)}")
                repeat = may_repeat or failures.never_sent(error)
                if last or not repeat or failures.is_hopeless(error):
                    raise Unreachable(reason) from None
                self._pause(attempt, reason)
            else:
                if response.status_code < 300:
                    return response
                failure = self._failure(response, name)
                refused = isinstance(failure, Unauthenticated) and start is not None
                if refused and not renewed and credential.renew():
                    renewed = True
                    log.debug("%s was refused: the token is minted anew", name)
                    _rewind(data, start)
                    continue
                if last or not _worth_repeating(response.status_code, may_repeat, start):
                    raise failure
                asked = failures.retry_after(response.headers, self.clock)
                if asked is not None and asked > self._retries.longest_asked:
                    raise failure
                self._pause(attempt, f"{name} answered {response.status_code}", asked)
            _rewind(data, start)
            attempt += 1

    def _read(
        self,
        read: Callable[[requests.Response, str], T],
        answer: requests.Response,
        method: str,
        path: str,
    ) -> T:
        try:
            return read(answer, self._name(method, path))
        except NotTheService as error:
            raise NotTheService(self._redacted(error.what)) from None

    def _failure(self, response: requests.Response, name: str) -> ModelyardError:
        error: ModelyardError
        if response.status_code in REDIRECTS:
            where = response.headers.get("Location", "nowhere")
            error = NotTheService(f"{name} answered {response.status_code} and sends us to {where}")
        else:
            error = classify(response, name, self._rules)
            error.headers = response.headers
        error.what = self._redacted(error.what)
        error.args = (error.what,)
        return error

    def _pause(self, attempt: int, why: str, asked: float | None = None) -> None:
        backoff = min(self._retries.first * 2**attempt, self._retries.longest)
        # Full jitter, but never less than the service asks for.
        pause = (asked or 0.0) + self._random.uniform(0.1, 1.0) * (
            backoff if asked is None else min(backoff, 1.0)
        )
        log.info("%s; trying again in %.1f s", why, pause)
        self.clock.sleep(pause)

    def _url(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else self.base + path

    def _credential_for(self, path: str) -> Credential:
        """Nobody else's server gets the credential, wherever an answer's link points to."""
        own = failures.origin(self._url(path)) == failures.origin(self.base)
        return self._credential if own else Anonymous()

    def _name(self, method: str, path: str) -> str:
        return f"{method} {self._url(path).split('?', 1)[0]}"

    def _redacted(self, text: str) -> str:
        return redact(text, self._credential.secrets())


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Given as ``auth``, this keeps a password of ``~/.netrc`` from replacing the credential."""
    return request


def _worth_repeating(status: int, may_repeat: bool, start: int | None) -> bool:
    return (status in REFUSED_UNPROCESSED and start is not None) or (
        status in PASSING and may_repeat
    )


def _position(data: Body | None) -> int | None:
    """Where to go back to before sending again; None when there is no going back."""
    if data is None or isinstance(data, bytes):
        return 0
    return data.tell() if data.seekable() else None


def _rewind(data: Body | None, start: int | None) -> None:
    if start is not None and data is not None and not isinstance(data, bytes):
        data.seek(start)
