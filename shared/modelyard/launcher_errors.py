"""What the launcher of tasks and actions can run into before any Python of ours runs.

It is JavaScript and raises these in its own way (``shared/launcher/failure.js``); a test holds the
two alike. They are declared here because the troubleshooting page and exit codes are for all.
"""

from __future__ import annotations

from modelyard.errors import ModelyardError


class EnvironmentFailed(ModelyardError):
    """The launcher couldn't make the private Python environment that a task or action runs in."""

    identifier = "MY006"
    exit_code = 6
    fix = "the message names the folder; it can be deleted, and is made anew"


class PackagesUnavailable(ModelyardError):
    """The package index can't be reached, refuses the sign-in, or lacks a locked package."""

    identifier = "MY007"
    exit_code = 7
    cause = "no network, a proxy, a certificate, or a private index without these packages"
    fix = (
        "give pip its settings for this machine (PIP_INDEX_URL, HTTPS_PROXY, PIP_CERT or pip.conf)"
    )


class PackagesChanged(ModelyardError):
    """The package index gave other files than those whose hashes are locked: not installed."""

    identifier = "MY008"
    exit_code = 8
    fix = "ask who runs the index; a mirror has to serve the files of the public index unchanged"


class NoSpace(ModelyardError):
    """The disk, or its quota, was full while the private Python environment was made."""

    identifier = "MY009"
    exit_code = 9
    fix = "free about 100 MB in the tool cache and in the folder for temporary files"
