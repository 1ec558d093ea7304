"""``/oauth2/exchange`` and ``/oauth2/token``: see :mod:`modelyard.local.cloud.registry.access`."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.registry import exceptions
from modelyard.local.cloud.registry.access import ACCESS_SECONDS, NOBODY, Access


def exchange(request: Request, access: Access) -> Response:
    """An Entra token for a refresh token."""
    if request.form.get("grant_type") not in ("access_token", "access_token_refresh_token"):
        raise _invalid("grant_type has to be access_token")
    token = access.exchange(request.form.get("access_token", ""))
    if token is None:
        raise exceptions.unauthorized("the Entra token is unknown or has expired", "Bearer")
    return json_answer({"refresh_token": token})


def token(request: Request, access: Access) -> Response:
    """A login or a refresh token for an access token. GET is docker's way, POST is OAuth's."""
    if request.method == "GET":
        login = request.authorization
        username = (login.username if login else "") or ""
        password = (login.password if login else "") or ""
        scopes = request.args.getlist("scope")
    else:
        scopes = request.form.get("scope", "").split()
        username, password = _login_of_form(request)
    if not access.knows(username, password):
        raise exceptions.unauthorized("the user name or password is wrong", "Basic")
    granted = access.grant([scope for one in scopes for scope in one.split()])
    return json_answer({"access_token": granted, "expires_in": ACCESS_SECONDS})


def _login_of_form(request: Request) -> tuple[str, str]:
    kind = request.form.get("grant_type")
    if kind == "refresh_token":
        return NOBODY, request.form.get("refresh_token", "")
    if kind == "password":
        return request.form.get("username", ""), request.form.get("password", "")
    raise _invalid("grant_type has to be refresh_token or password")


def _invalid(message: str) -> exceptions.RegistryError:
    return exceptions.RegistryError(400, "UNSUPPORTED", message)
