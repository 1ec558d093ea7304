"""Paths in the service as users write them, checked before anything is done to them."""

from __future__ import annotations

import re

from modelyard.errors import InputError

_UNRESOLVED = re.compile(r"\$\(|\$\{|\$\[|\{\{|<[^>/]*>")
_WELL_KNOWN = {
    "dbfs": r"/(FileStore|tmp|user|user/hive|user/hive/warehouse|Volumes|mnt|mnt/[^/]+|"
    r"databricks|databricks-(datasets|results)|local_disk0)?",
    "volume": r"/Volumes(/[^/]+){0,3}",
    "workspace": r"/|/(Users|Shared|Repos)|/(Users|Repos)/[^/]+",
}
_NEVER = {"dbfs": r"/", "volume": r"/Volumes(/[^/]+){0,2}", "workspace": r"/|/(Users|Shared|Repos)"}


def checked(name: str, path: str) -> str:
    """The path without a slash at its end.

    :param name: the input, for the message.
    :raises InputError: when it isn't absolute, leaves its folder, or holds what looks like a
        variable that was never filled in.
    """
    text = path.strip()
    if unresolved := _UNRESOLVED.search(text):
        raise InputError(
            f"{name} is {text!r}: {unresolved.group()} looks like a variable without a value",
            fix="set the variable, or check the spelling of its name",
        )
    if not text.startswith("/"):
        raise InputError(f"{name} is {text!r}, which isn't an absolute path: it begins with /")
    parts = text.strip("/").split("/")
    if "//" in text:
        raise InputError(
            f"{name} is {text!r}, with nothing between two slashes",
            cause="a variable in the path is empty",
            fix="set the variable, or remove one of the slashes",
        )
    if {".", ".."} & set(parts):
        raise InputError(f"{name} is {text!r}: . and .. aren't allowed in it")
    if any(ord(one) < 32 or ord(one) == 127 for one in text):
        raise InputError(f"{name} is {text!r}, with a control character")
    return "/" + "/".join(parts) if text.strip("/") else "/"


def is_shared_root(kind: str, path: str) -> bool:
    """Whether this folder isn't one step's own: the root, a home, a mount point, a volume.

    :param kind: ``dbfs``, ``volume`` or ``workspace``; the path in that service's own spelling.
    """
    return re.fullmatch(_WELL_KNOWN[kind], path) is not None


def is_untouchable(kind: str, path: str) -> bool:
    """Whether it can't be emptied whatever the inputs say: everybody's files are in it."""
    return re.fullmatch(_NEVER[kind], path) is not None
