"""The commands ``modelyard local secret set | list``: what is in the vaults of a local cloud.

A value never stands on the command line: it is read from standard input, or asked for on a
terminal.
"""

from __future__ import annotations

import argparse
import datetime
import getpass
import sys
from typing import Any
from urllib.parse import quote

from modelyard.errors import InputError
from modelyard.local.arguments import Subparsers, state_folder
from modelyard.local.cloud.commands.arguments import add_command
from modelyard.local.cloud.commands.client import call


def add_commands(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add ``secret`` with its own commands."""
    secret = subparsers.add_parser(
        "secret", help="secrets of a local key vault", description="Secrets of a local key vault."
    )
    own = secret.add_subparsers(dest="secret_command", required=True, metavar="COMMAND")
    add = add_command(own, "set", _set, "set a secret; its value is read from standard input")
    add.add_argument("vault", metavar="VAULT", help="name of the vault; made where there is none")
    add.add_argument("name", metavar="NAME", help="name of the secret")
    add.add_argument("--content-type", help="what kind of value it is: application/json")
    add.add_argument(
        "--expires", type=_moment, metavar="TIME", help="when it expires: 2027-01-31 or with a time"
    )
    add.add_argument("--disabled", action="store_true", help="nobody may read it")
    add_command(own, "list", _list, "the vaults and the names of what is in them")


def _moment(text: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date or time, as 2027-01-31") from None
    zone = moment.tzinfo or datetime.timezone.utc
    return int(moment.replace(tzinfo=zone).timestamp())


def _set(arguments: argparse.Namespace) -> int:
    body: dict[str, Any] = {"value": _value(), "attributes": {"enabled": not arguments.disabled}}
    if arguments.content_type:
        body["contentType"] = arguments.content_type
    if arguments.expires is not None:
        body["attributes"]["exp"] = arguments.expires
    path = "/".join(quote(one, safe="") for one in (arguments.vault, "secrets", arguments.name))
    made = call(state_folder(arguments), "PUT", f"keyvault/vaults/{path}", body)
    sys.stdout.write(f"{made['id']}\n")
    return 0


def _value() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Value: ")
    try:
        value = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise InputError(
            "the value isn't UTF-8 text", fix="a vault holds texts: encode it first (base64)"
        ) from None
    # One line end is what echo or an editor adds; others belong to the value.
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise InputError(
            "there is no value on standard input", fix="COMMAND | modelyard local secret set ..."
        )
    return value


def _list(arguments: argparse.Namespace) -> int:
    vaults = call(state_folder(arguments), "GET", "keyvault/secrets")["vaults"]
    for vault, names in vaults.items():
        sys.stdout.write(f"{vault}\n")
        sys.stdout.writelines(f"  {name}\n" for name in names)
    return 0
