"""Addresses, branches and ids as the file writes them.

Source: git-scm.com, "git-check-ref-format".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from modelyard.azure.guids import is_guid
from modelyard.project.fields import Section

HEADS = "refs/heads/"
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:\\]|\.\.|//|@\{|^[-/.]|[/.]$|/\.|\.lock(/|$)|^@$")
_PATTERN = re.compile(r"[*?\[]")


def server(section: Section, key: str, *, required: bool = False) -> str:
    """The address of a server, and nothing that may be a secret; empty where it is none.

    What is wrong with one is told without repeating it.
    """
    url = section.text(key, required=required)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if url and (not host or re.search(r"\s", url)):
        section.wrong(key, "isn't the address of a server: https://HOST")
        return ""
    if url and ("@" in parts.netloc or "?" in url or "#" in url):
        section.wrong(key, "has more than an address: leave out user, password, ? and #")
        return ""
    return url


def address(section: Section, key: str, *, required: bool = False) -> str:
    """Where a token is sent: without the slash at its end."""
    url = server(section, key, required=required).rstrip("/")
    if url and not is_safe(url):
        section.wrong(key, "isn't https: the token would be readable on its way")
    return url


def is_safe(url: str) -> bool:
    """Whether a token may be sent there: encrypted, or to this machine itself."""
    place = urlsplit(url)
    local = place.hostname in ("127.0.0.1", "localhost")
    return bool(place.hostname) and (place.scheme == "https" or (place.scheme == "http" and local))


def branch(section: Section, key: str, default: str = "", *, required: bool = False) -> str:
    """The name of one branch, without ``refs/heads/``."""
    given = section.text(key, default, required=required)
    name = given.removeprefix(HEADS)
    if given and not name:
        section.wrong(key, f"is {given}, and names no branch")
    elif _PATTERN.search(name):
        section.wrong(key, f"is {name}, a pattern: name one branch")
    elif name and _NO_BRANCH.search(name):
        section.wrong(key, f"is {name}, which git takes for no name of a branch")
    return name


def guid(section: Section, key: str, default: str = "") -> str:
    """An id, in small letters."""
    text = section.text(key)
    if text and not is_guid(text):
        section.wrong(key, "isn't an id such as 11111111-2222-3333-4444-555555555555")
    return text.lower() or default
