"""The program behind InvokeRESTAPI: sends one request, prints its answer as a line of JSON.

In a process of its own it has the proxies and certificates of the job's environment, and ends with
the job. The request comes in a variable: it holds secrets.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
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


def main() -> int:
    """Print ``{"status", "reason", "body"}``, or ``{"error"}``."""
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
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


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
        )
    return {"status": answer.status_code, "reason": answer.reason or "", "body": answer.text}


def _unchanged(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Nobody's ``.netrc`` signs in."""
    return prepared
