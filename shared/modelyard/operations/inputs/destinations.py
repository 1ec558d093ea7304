"""Targets with placeholders: ``/Shared/{repository}/{branch}``, a folder for each branch."""

from __future__ import annotations

import re

from modelyard.errors import InputError
from modelyard.reading import nearest
from modelyard.run_identity import RunIdentity

PLACEHOLDERS = ("repository", "branch", "pull-request", "commit")
HELP = (
    "{repository}, {branch}, {pull-request} and {commit} stand for those of this run; a pull "
    "request's {branch} is pr-123, a tag's tag-NAME, and a slash in a name becomes -."
)
_PULL = re.compile(r"refs/pull/(\d+)/(?:merge|head)")


def expand(target: str, identity: RunIdentity, *, name: str = "target") -> str:
    """The target with its placeholders filled in.

    :param name: the input, for the message.
    :raises InputError: for a placeholder that nobody knows, or that this run has no value for.
    """

    def value(match: re.Match[str]) -> str:
        placeholder = match.group(1)
        if placeholder not in PLACEHOLDERS:
            near = nearest(placeholder, PLACEHOLDERS)
            raise InputError(
                f"{name} has the placeholder {{{placeholder}}}{near}; there are "
                + ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            )
        found = _value(placeholder, identity)
        if not found:
            raise InputError(
                f"{name} has the placeholder {{{placeholder}}}, and this run has none",
                cause="it isn't the build of a pull request"
                if placeholder == "pull-request"
                else "the CI system, or the repository in the working directory, doesn't tell",
                fix="write the value itself there",
            )
        return found

    return re.sub(r"(?<!\$)\{([^{}]*)\}", value, target)


def _value(name: str, identity: RunIdentity) -> str:
    if name == "repository":
        return _safe(identity.repository_name)
    if name == "branch":
        return branch_name(identity.branch)
    if name == "pull-request":
        pull = _PULL.fullmatch(identity.branch)
        return pull.group(1) if pull else ""
    return _safe(identity.commit)


def branch_name(ref: str) -> str:
    """One folder name for a ref: ``refs/heads/feature/x`` -> ``feature-x``,
    ``refs/pull/123/merge`` -> ``pr-123``, ``refs/tags/v1`` -> ``tag-v1``."""
    if pull := _PULL.fullmatch(ref):
        return f"pr-{pull.group(1)}"
    if ref.startswith("refs/tags/"):
        tag = _safe(ref.removeprefix("refs/tags/"))
        return f"tag-{tag}" if tag else ""
    return _safe(ref.removeprefix("refs/heads/"))


def _safe(text: str) -> str:
    """As one part of a path: letters (of any alphabet), digits, ``_``, ``-`` and ``.``."""
    kept = "".join(one if one.isalnum() or one in "._-" else "-" for one in text)
    return kept.strip(".")
