"""The program behind InvokeRESTAPI: sends one request, prints its answer as JSON, in lines.

In a process of its own it has the proxies and certificates of the job's environment, and ends with
the job. The request comes in a variable: it holds secrets.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import requests

from modelyard.azure.identity import clouds
from modelyard.azure.identity.connection import of_connection
from modelyard.ci import azure_connections
from modelyard.clock import SystemClock
from modelyard.errors import ModelyardError

REQUEST = "MODELYARD_REQUEST"
"""The variable: a JSON object as :func:`send` takes it."""
SECONDS = 20
"""How long the service waits for an answer (``servertaskauthoring.md``)."""
LARGEST = 4 << 20
"""Bytes of an answer that are read. How many the service reads isn't documented."""
_MARK = "modelyard-answer "
"""Stands before each piece of the JSON: a library may print lines of its own."""
_PIECE = 1 << 16


def main() -> int:
    """Print ``{"status", "reason", "body", "whole"}``, or ``{"error"}``."""
    try:
        told = send(json.loads(os.environ[REQUEST]), os.environ)
    except ModelyardError as error:
        told = {"error": str(error)}
    except requests.Timeout:
        told = {"error": f"no answer within {SECONDS} s"}
    except requests.exceptions.ProxyError:
        told = {"error": "the local cloud doesn't have this server, and no other is asked"}
    except (requests.RequestException, ValueError) as error:
        # Its text tells of sockets and pools, and may have the address with what is secret in it.
        told = {"error": f"nobody answers there ({type(error).__name__})"}
    sys.stdout.writelines(f"{_MARK}{piece}\n" for piece in _pieces(json.dumps(told)))
    return 0


def joined(lines: Iterable[str]) -> dict[str, Any]:
    """What :func:`main` has printed.

    :raises ValueError: when it isn't there, or not whole.
    """
    pieces = (line.removeprefix(_MARK) for line in lines if line.startswith(_MARK))
    found: dict[str, Any] = json.loads("".join(pieces))
    return found


def _pieces(text: str) -> Iterator[str]:
    """Whoever reads lines keeps no more of one than a mebibyte (``output_lines``)."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def send(request: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """
    :param request: ``{"method", "url", "headers", "body"}``, and ``azure``, the id of a connection
        whose token goes along, or ``user`` and ``password``.
    :raises ModelyardError: when nobody can sign in by the connection.
    """
    headers = dict(request["headers"])
    signs_in = "authorization" not in map(str.lower, headers)
    if signs_in and request.get("azure"):
        found = azure_connections.read(environment, request["azure"])
        resource = clouds.of_connection(found.environment).resource_manager
        headers |= of_connection(found).token(resource, clock=SystemClock()).headers()
    known = signs_in and (request.get("user") or request.get("password"))
    with requests.Session() as session:
        answer = session.request(
            request["method"],
            request["url"],
            headers=headers,
            data=request["body"].encode() or None,
            auth=(request.get("user", ""), request.get("password", "")) if known else _unchanged,
            timeout=SECONDS,
            stream=True,
        )
        body, whole = _body(answer)
    reason = answer.reason or ""
    return {"status": answer.status_code, "reason": reason, "body": body, "whole": whole}


def _body(answer: requests.Response) -> tuple[str, bool]:
    """The text, or its beginning, and whether it is whole."""
    read, until = bytearray(), time.monotonic() + SECONDS
    for chunk in answer.iter_content(_PIECE):
        read += chunk
        if len(read) > LARGEST:
            break
        if time.monotonic() > until:  # each chunk comes in time, and there is no end of them
            raise requests.Timeout
    kept = read[:LARGEST]
    try:
        text = kept.decode(answer.encoding or "utf-8-sig", "replace")
    except LookupError:  # the service names one that nobody knows
        text = kept.decode("utf-8-sig", "replace")
    return text, len(read) <= LARGEST


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Nobody's ``.netrc`` signs in."""
    return prepared
