"""A stand-in for ``az`` on the local cloud: who is signed in, tokens, and any REST call.

Source: learn.microsoft.com, ``cli/azure/account`` and ``cli/azure/reference-index#az-rest``.
Whatever else a script asks of it, it refuses with exit code 2.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelyard.azure.identity import DATABRICKS, RESOURCE_MANAGER
from modelyard.azure.identity.clouds import PUBLIC
from modelyard.azure.identity.connection import of_connection
from modelyard.clock import SystemClock
from modelyard.errors import InputError, ModelyardError
from modelyard.http import Session
from modelyard.local.runner.builtin import az_login
from modelyard.local.runner.builtin.az_login import Login
from modelyard.local.runner.builtin.az_output import render

VERSION = "2.70.0"
"""What it says it is: a version whose commands are meant."""
_RESOURCES = {
    PUBLIC.databricks_domain: DATABRICKS,
    f".{PUBLIC.vault_domain}": PUBLIC.vault_resource,
    "graph.microsoft.com": "https://graph.microsoft.com",
    "management.azure.com": RESOURCE_MANAGER,
}


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given == ["--version"]:
        sys.stdout.write(f"azure-cli                         {VERSION}\n")
        return 0
    options = _parser().parse_args(given)
    handler: Callable[[argparse.Namespace], Any] = options.handler
    try:
        answer = handler(options)
        sys.stdout.write(render(answer, options.output or "json", options.query))
    except ModelyardError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--output", "-o", choices=["json", "tsv", "none"])
    common.add_argument("--query")
    common.add_argument("--only-show-errors", action="store_true")
    parser = argparse.ArgumentParser(
        prog="az", description="The stand-in for az on the local cloud.", allow_abbrev=False
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    version = commands.add_parser("version", parents=[common])
    version.set_defaults(handler=lambda _: {"azure-cli": VERSION})
    logout = commands.add_parser("logout", parents=[common])
    logout.set_defaults(handler=_clear)
    account = commands.add_parser("account").add_subparsers(metavar="COMMAND", required=True)
    for name, handler in {"show": _show, "list": _list, "clear": _clear}.items():
        account.add_parser(name, parents=[common]).set_defaults(handler=handler)
    choose = account.add_parser("set", parents=[common])
    choose.add_argument("--subscription", "--name", "-s", "-n", required=True)
    choose.set_defaults(handler=_set)
    token = account.add_parser("get-access-token", parents=[common])
    token.add_argument("--resource")
    token.add_argument("--scope")
    token.add_argument("--tenant", "-t")
    token.add_argument("--subscription", "-s")
    token.set_defaults(handler=_token)
    rest = commands.add_parser("rest", parents=[common])
    rest.add_argument("--method", "-m", default="get", type=str.upper)
    rest.add_argument("--url", "--uri", "-u", required=True)
    rest.add_argument("--body", "-b")
    rest.add_argument("--headers", nargs="*", default=[])
    rest.add_argument("--url-parameters", "--uri-parameters", nargs="*", default=[])
    rest.add_argument("--resource")
    rest.set_defaults(handler=_rest)
    return parser


def _folder() -> Path:
    return Path(os.environ["AZURE_CONFIG_DIR"])


def _login() -> Login:
    login = az_login.load(_folder())
    if login is None:
        raise InputError("nobody is signed in", fix="the task AzureCLI signs in")
    return login


def _show(_: argparse.Namespace) -> dict[str, Any]:
    login = _login()
    return {
        "environmentName": "AzureCloud",
        "homeTenantId": login.connection.tenant_id,
        "id": login.subscription,
        "isDefault": True,
        "name": login.subscription_name or "N/A(tenant level account)",
        "state": "Enabled",
        "tenantId": login.connection.tenant_id,
        "user": {"name": login.connection.client_id, "type": "servicePrincipal"},
    }


def _list(options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_show(options)]


def _set(options: argparse.Namespace) -> None:
    login = _login()
    if options.subscription not in (login.subscription, login.subscription_name):
        raise InputError(f"the service connection has no subscription {options.subscription}")


def _clear(_: argparse.Namespace) -> None:
    az_login.clear(_folder())


def _token(options: argparse.Namespace) -> dict[str, Any]:
    login = _login()
    if options.tenant not in (None, login.connection.tenant_id):
        raise InputError(f"nobody is signed in to the tenant {options.tenant}")
    if options.subscription is not None:
        _set(options)
    resource = options.resource or (options.scope or RESOURCE_MANAGER).removesuffix("/.default")
    expires = time.time() + 3600
    return {
        "accessToken": _bearer(login, resource),
        "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(expires)),
        "expires_on": int(expires),
        "subscription": login.subscription,
        "tenant": login.connection.tenant_id,
        "tokenType": "Bearer",
    }


def _bearer(login: Login, resource: str) -> str:
    if login.oidc_uri:
        os.environ["SYSTEM_OIDCREQUESTURI"] = login.oidc_uri  # where azure-identity looks
    credential = of_connection(login.connection).token(resource, clock=SystemClock())
    return credential.headers()["Authorization"].removeprefix("Bearer ")


def _rest(options: argparse.Namespace) -> Any:
    login = _login()
    url = options.url.replace("{subscriptionId}", login.subscription)
    if url.startswith("/"):
        url = RESOURCE_MANAGER + url
    headers = {"Content-Type": "application/json", **_pairs(options.headers, "--headers")}
    resource = options.resource or _resource(url)
    if resource and "authorization" not in map(str.lower, headers):
        headers["Authorization"] = f"Bearer {_bearer(login, resource)}"
    parts = urlsplit(url)
    answer = Session(f"{parts.scheme}://{parts.netloc}", clock=SystemClock()).call(
        options.method,
        url,
        params=_pairs(options.url_parameters, "--url-parameters"),
        data=_body(options.body),
        headers=headers,
    )
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise InputError(f"{url} didn't answer with JSON") from None


def _body(given: str | None) -> bytes | None:
    if given is None:
        return None
    if given.startswith("@"):
        try:
            return Path(given[1:]).read_bytes()
        except OSError as error:
            raise InputError(f"the body {given[1:]} can't be read: {error.strerror}") from None
    return given.encode()


def _pairs(given: list[str], name: str) -> dict[str, str]:
    """``KEY=VALUE`` one after another, or one JSON object."""
    if len(given) == 1 and given[0].lstrip().startswith("{"):
        return {key: str(value) for key, value in json.loads(given[0]).items()}
    if wrong := [one for one in given if "=" not in one]:
        raise InputError(f"{name} has {wrong[0]!r}, which isn't KEY=VALUE")
    return dict(one.split("=", 1) for one in given)


def _resource(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return next((one for end, one in _RESOURCES.items() if host.endswith(end)), "")
