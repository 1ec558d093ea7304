"""What GitHub takes as a name or an address, told of the file before anything is sent."""

from __future__ import annotations

import re

from modelyard.project.fields import Section

REVIEWER = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
CLAIM = re.compile(r"\w+", re.ASCII)
ISSUER = re.compile(r"https://[\w.:-]+(/[\w.-]+)*", re.ASCII)
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_PLACEHOLDER = "OWNER/"
"""How a repository begins in starters, examples and guides, which don't know whose it is."""


def repository(
    section: Section, key: str, shape: str, *, ref: str = "", required: bool = False
) -> str:
    """A repository's name; empty where there is none.

    :param shape: what it has to be, for the message.
    :param ref: pattern of what follows the name.
    """
    text = section.text(key, required=required)
    if text and not re.fullmatch(_REPOSITORY.pattern + ref, text, re.ASCII):
        section.wrong(key, f"isn't {shape}")
    elif text.startswith(_PLACEHOLDER):
        section.wrong(key, f"is {text}: put the account that it belongs to in place of OWNER")
    return text


def settings(section: Section, key: str) -> None:
    """The names of variables or secrets."""
    seen: set[str] = set()
    for name, value in section.entries(key):
        told = f"{section.named(key)} has {name}"
        if not _SETTING.fullmatch(name) or name.upper().startswith("GITHUB_"):
            what = (
                "GitHub takes letters, digits and _, and neither a digit nor GITHUB_ at the start"
            )
            section.mistakes.add(value, f"{told}: {what}")
        if name.upper() in seen:
            what = "twice: GitHub knows no small letters in names"
            section.mistakes.add(value, f"{told} {what}")
        seen.add(name.upper())
