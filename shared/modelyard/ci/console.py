"""Standard output with the secrets taken out."""

from __future__ import annotations

import errno
import os
import sys

from modelyard.ci.disarming import disarm
from modelyard.errors import OutputClosed
from modelyard.masking import Masker

_CLOSED = (errno.EPIPE, errno.EINVAL)
"""EINVAL: how Windows says that a pipe has no reader."""


class Console:
    """Where every CI system prints."""

    def __init__(self) -> None:
        self._masker = Masker()

    def mask(self, secret: str) -> tuple[str, ...]:
        """Take this out of everything from now on; returns the forms to tell the agent."""
        return self._masker.add(secret)

    def clean(self, text: str) -> str:
        """The text without secrets."""
        return self._masker.clean(text)

    def shown(self, text: str) -> str:
        """The text as it may be shown: without secrets, its logging commands disarmed."""
        return disarm(self.clean(text))  # in this order: a disarmed secret isn't recognised

    def write(self, text: str) -> None:
        """Print what may be shown of the text."""
        self.write_raw(self.shown(text))

    def write_raw(self, text: str) -> None:
        """Print a command to the agent, which may hold a secret on purpose (``setsecret``).

        :raises OutputClosed: once, when nobody reads any more; what is printed later is lost.
        """
        encoding = sys.stdout.encoding or "utf-8"
        # A Windows code page lacks most characters: a log line is no reason to fail.
        text = text.encode(encoding, "backslashreplace").decode(encoding)
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError as error:
            if error.errno not in _CLOSED:
                raise
            close_output()
            raise OutputClosed("nobody reads the output any more") from None


def close_output() -> None:
    """Send standard output nowhere: its reader is gone, and every further write would fail.

    The file descriptor too, because the interpreter flushes it when it ends.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
