"""HTTP of a vault: the challenge, who asks, pages, errors.

A client sends its first request without a token and without a body, to be told which tenant's
tokens the vault wants (learn.microsoft.com, "Authentication, requests and responses").
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.json_bodies import json_answer, json_object
from modelyard.local.cloud.keyvault import exceptions
from modelyard.local.cloud.keyvault.access import Access, Caller
from modelyard.local.cloud.keyvault.exceptions import VaultError
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import DOMAIN, Vaults
from modelyard.local.cloud.routing import host_name
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.tokens import TokenError, TokenForOther, TokenMissing, Tokens

RESOURCE = f"https://{DOMAIN}"
PAGE = 25
"""The most items of a page, and how many there are unless a client asks for fewer."""

Json = dict[str, Any]
Answer = Callable[..., Json | None]


class SecretResponses:
    """The handlers."""

    def __init__(self, vaults: Vaults, secrets: Secrets, access: Access, tokens: Tokens) -> None:
        self._vaults = vaults
        self._secrets = secrets
        self._access = access
        self._tokens = tokens

    def handler(self, permission: str, answer: Answer) -> Handler:
        """Turns ``answer(vault, request, **path)`` into a handler that asks for a permission first.

        ``None`` as an answer is an empty 204.
        """

        @functools.wraps(answer)
        def handle(request: Request, **arguments: str) -> Response:
            try:
                caller = self._caller(request)
                vault = self._vault(request)
                if not request.args.get("api-version"):
                    raise exceptions.bad_parameter("api-version must be specified")
                self._access.check(caller, permission, vault, arguments.get("name", ""))
                found = answer(vault, request, **arguments)
            except TokenError as error:
                return self._challenge(error)
            except VaultError as error:
                return json_answer(error.body(), error.status)
            return Response(status=204) if found is None else json_answer(found)

        return handle

    def set(self, vault: Json, request: Request, name: str) -> Json:
        return self._secrets.set(vault, name, _body(request))

    def get(self, vault: Json, _request: Request, name: str, version: str = "") -> Json:
        return self._secrets.get(vault, name, version)

    def change(self, vault: Json, request: Request, name: str, version: str = "") -> Json:
        return self._secrets.change(vault, name, version, _body(request))

    def list(self, vault: Json, request: Request) -> Json:
        return _page(request, self._secrets.current(vault))

    def versions(self, vault: Json, request: Request, name: str) -> Json:
        return _page(request, self._secrets.versions(vault, name))

    def delete(self, vault: Json, _request: Request, name: str) -> Json:
        return self._secrets.delete(vault, name)

    def deleted(self, vault: Json, _request: Request, name: str) -> Json:
        return self._secrets.deleted(vault, name)

    def all_deleted(self, vault: Json, request: Request) -> Json:
        return _page(request, self._secrets.all_deleted(vault))

    def recover(self, vault: Json, _request: Request, name: str) -> Json:
        return self._secrets.recover(vault, name)

    def purge(self, vault: Json, _request: Request, name: str) -> None:
        self._secrets.purge(vault, name)

    def _caller(self, request: Request) -> Caller:
        self._tokens.require(request, (RESOURCE,))
        assert request.authorization is not None
        value = str(request.authorization.token)  # its signature has been checked just now
        claims = jwt.decode(value, options={"verify_signature": False})
        return Caller(claims["appid"], claims["oid"], claims["tid"])

    def _vault(self, request: Request) -> Json:
        name = host_name(request.host).partition(".")[0]
        vault = self._vaults.find(name)
        if vault is None:
            raise exceptions.vault_not_found(name)
        return vault

    def _challenge(self, error: TokenError) -> Response:
        if isinstance(error, TokenMissing):
            message = "AKV10000: Request is missing a Bearer or PoP token."
        elif isinstance(error, TokenForOther):
            message = f"AKV10022: Invalid audience. Expected {RESOURCE}. {error}"
        else:
            message = f"Error validating token: {error}"
        response = json_answer(VaultError(401, "Unauthorized", message).body(), 401)
        authority = f"https://login.microsoftonline.com/{self._vaults.tenant}"
        response.headers["WWW-Authenticate"] = (
            f'Bearer authorization="{authority}", resource="{RESOURCE}"'
        )
        return response


def _body(request: Request) -> Json:
    found = json_object(request)
    if found is None:
        raise exceptions.bad_parameter("Request body not specified or not a JSON object")
    return found


def _page(request: Request, items: list[Json]) -> Json:
    """``{value, nextLink}``; a token in the link says where the next page begins."""
    asked = request.args.get("maxresults", str(PAGE))
    start = request.args.get("$skiptoken", "0")
    if not asked.isdigit() or not 0 < int(asked) <= PAGE:
        raise exceptions.bad_parameter(f"maxresults must be a number from 1 to {PAGE}")
    if not start.isdigit():
        raise exceptions.bad_parameter("The skiptoken is invalid")
    end = int(start) + int(asked)
    link = None
    if end < len(items):
        query = {"api-version": request.args["api-version"], "$skiptoken": end, "maxresults": asked}
        link = f"https://{host_name(request.host)}:443{request.path}?{urlencode(query)}"
    return {"value": items[int(start) : end], "nextLink": link}
