"""HTTP of Azure DevOps, and of what only a local cloud can be told: its own interface."""

from __future__ import annotations

import dataclasses

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.devops import exceptions
from modelyard.local.cloud.devops.exceptions import DevOpsError, failure
from modelyard.local.cloud.devops.models import ORGANIZATION, Organization
from modelyard.local.cloud.devops.projects import REVIEWER
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.tokens import OWNER

GENERIC = "generic"
"""The type of a connection to any server."""
NO_ORGANIZATION = """<!doctype html>
<html><head><title>Azure DevOps Services | 404</title></head>
<body><p>The resource cannot be found.</p></body></html>
"""


class DevOpsResponses:
    """The handlers."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    def identity_token(self, request: Request, **_path: str) -> Response:
        """``POST .../oidctoken?serviceConnectionId=ID``, with System.AccessToken as the bearer."""
        try:
            authorization = request.authorization
            if authorization is None or authorization.type != "bearer":
                raise exceptions.not_signed_in()
            if not request.args.get("api-version"):
                raise exceptions.version_missing()
            token = self._organization.identity_token(
                str(authorization.token), request.args.get("serviceConnectionId", "")
            )
        except DevOpsError as error:
            return failure(error)
        return json_answer({"oidcToken": token})

    def connect(self, request: Request) -> Response:
        """``{"name", "project"}``: a service connection, new or there already."""
        body = request.get_json()
        body = body if isinstance(body, dict) else {}
        name, project = body.get("name"), body.get("project")
        if not (isinstance(name, str) and name and isinstance(project, str) and project):
            return json_answer({"message": "The body must have name and project"}, 400)
        return json_answer(dataclasses.asdict(self._organization.connect(name, project)))

    def generic_connection(self, request: Request) -> Response:
        """``{"name", "project"}``: a connection of the type Generic, with what it signs in by."""
        body = request.get_json()
        body = body if isinstance(body, dict) else {}
        name, project = str(body.get("name") or ""), str(body.get("project") or "")
        for one in self._organization.written(project):
            if one["type"].lower() == GENERIC and name.lower() in (one["name"].lower(), one["id"]):
                parameters = (one.get("authorization") or {}).get("parameters") or {}
                found = {"id": one["id"], "url": one["url"], "parameters": parameters}
                return json_answer(found)
        text = f"there is no generic service connection {name} in the project {project}"
        fix = "`modelyard local exec -- modelyard setup azure-devops` makes it (type: generic)"
        return json_answer({"message": f"{text}; {fix}"}, 404)

    def connections(self, _request: Request) -> Response:
        found = [dataclasses.asdict(one) for one in self._organization.connections()]
        return json_answer({"connections": found})

    def start_job(self, request: Request) -> Response:
        """``{"project", "pipeline"}``, both optional: ``{"access_token"}``, System.AccessToken."""
        body = request.get_json()
        body = body if isinstance(body, dict) else {}
        names = (str(body.get("project") or ""), str(body.get("pipeline") or ""))
        return json_answer({"access_token": self._organization.start_job(*names)})

    def personal_token(self, request: Request) -> Response:
        """``{"read_only", "person"}``, both optional: ``{"token"}``, as a person makes one on a
        page."""
        body = request.get_json()
        body = body if isinstance(body, dict) else {}
        person = str(body.get("person") or OWNER)
        if person not in (OWNER, REVIEWER):
            return json_answer({"message": f"person must be {OWNER} or {REVIEWER}"}, 400)
        made = self._organization.personal_token(
            read_only=bool(body.get("read_only")), person=person
        )
        return json_answer({"token": made})

    def elsewhere(self, _request: Request, organization: str, **_path: str) -> Response:
        """What no other route takes: a page where there is no such organization."""
        if organization.lower() == ORGANIZATION:
            raise NotFound
        return Response(NO_ORGANIZATION, 404, mimetype="text/html")

    def openid_configuration(self, _request: Request, **_path: str) -> Response:
        """Where whoever checks an identity token finds the keys."""
        issuer = self._organization.issuer
        return json_answer(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/.well-known/jwks",
                "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "nbf", "jti"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
            }
        )

    def keys(self, _request: Request, **_path: str) -> Response:
        return json_answer({"keys": self._organization.keys()})
