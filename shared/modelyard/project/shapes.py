"""Addresses and branches as the file writes them.

Source: git-scm.com, "git-check-ref-format".
"""

from __future__ import annotations

import re

from modelyard.project.fields import Section

HEADS = "refs/heads/"
_NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:\\]|\.\.|//|@\{|^[-/.]|[/.]$|/\.|\.lock(/|$)|^@$")
_PATTERN = re.compile(r"[*?\[]")


def address(section: Section, key: str, *, required: bool = False) -> str:
    """Where a token is sent: without the slash at its end."""
    url = section.text(key, required=required).rstrip("/")
    if url and not is_safe(url):
        section.wrong(key, "isn't https: the token would be readable on its way")
    return url


def is_safe(url: str) -> bool:
    """Whether a token may be sent there: encrypted, or to this machine itself."""
    return re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost)[:/]", url) is not None


def branch(section: Section, key: str, default: str = "", *, required: bool = False) -> str:
    """The name of one branch, without ``refs/heads/``."""
    name = section.text(key, default, required=required).removeprefix(HEADS)
    if _PATTERN.search(name):
        section.wrong(key, f"is {name}, a pattern: name one branch")
    elif name and _NO_BRANCH.search(name):
        section.wrong(key, f"is {name}, which git takes for no name of a branch")
    return name
