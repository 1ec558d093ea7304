"""Where clients ask for addresses, and what answers at another host than the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.devops import areas, exceptions
from modelyard.local.cloud.devops.answering import Answer, Answering
from modelyard.local.cloud.devops.locations import locations
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.devops.project_responses import ProjectResponses
from modelyard.local.cloud.service import Route

_HOME = f"/{ORGANIZATION}"
_AREAS = "/_apis/ResourceAreas"
_EXTENSION = "/_apis/ExtensionManagement/installedextensionsbyname/<publisher>/<name>"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
Json = dict[str, Any]


def routes(answering: Answering, projects: ProjectResponses) -> Iterator[Route]:
    """Tables of addresses on each host, for anybody; people and extensions on theirs."""
    for_anybody: list[tuple[str, str, str, Answer]] = [
        ("OPTIONS", areas.DEPLOYMENT, "/_apis", _locations_of(areas.DEPLOYMENT)),
        ("GET", areas.DEPLOYMENT, f"{_AREAS}/<area>", _area_of_deployment),
    ]
    signed_in: list[tuple[str, str, str, Answer]] = [
        ("GET", areas.PEOPLE, f"{_HOME}/_apis/identities", projects.identities),
        ("GET", areas.EXTENSIONS, f"{_HOME}{_EXTENSION}", projects.extension),
        ("POST", areas.EXTENSIONS, f"{_HOME}{_EXTENSION}", projects.install),
    ]
    for host in areas.ANSWERING:
        for_anybody.append(("GET", host, f"{_HOME}{_AREAS}", _areas))
        for_anybody.append(("GET", host, f"{_HOME}{_AREAS}/<area>", _area))
        signed_in.append(("OPTIONS", host, f"{_HOME}/_apis", _locations_of(host)))
        for_anybody.append(("OPTIONS", host, "/_apis", _locations_of(areas.DEPLOYMENT)))
    for method, host, path, answer in for_anybody:
        yield Route((method,), host, path, answering.handler(answer, signed_in=False))
    for method, host, path, answer in signed_in:
        yield Route((method,), host, path, answering.handler(answer))
    for host in areas.WITHOUT:
        handler = answering.handler(_nothing_of(host), signed_in=False)
        yield Route(METHODS, host, "/<path:rest>", handler)


def _locations_of(host: str) -> Answer:
    def answer(_request: Request) -> Json:
        return locations(host)

    return answer


def _nothing_of(host: str) -> Answer:
    def answer(_request: Request, **_path: str) -> Json:
        raise exceptions.not_here(host)

    return answer


def _areas(_request: Request) -> list[Json]:
    return areas.of_organization()


def _area(_request: Request, area: str) -> Json:
    return areas.one(areas.of_organization(), area)


def _area_of_deployment(_request: Request, area: str) -> Json:
    return areas.one(areas.of_deployment(), area)
