"""How long an output may be, on every CI system alike.

An output becomes a variable of the environment of later steps, whether they use it (GitHub:
``env``) or not (Azure Pipelines: every variable of the job). Where one is too long, no process
starts any more: the step after it fails, and not the one that set it.

Sources: execve(2), ``MAX_ARG_STRLEN``: 131,072 bytes for a name and its value on Linux. The
agent's ``Handler.AddEnvironmentVariable`` warns above 32,766 characters, which is what Windows
lets a program read. docs.github.com, "Passing information between jobs": 1 MB for all outputs of
a job and 50 MB for those of a workflow run, about as UTF-16, where no letter takes more than twice
its bytes here.
"""

from __future__ import annotations

LONGEST = 32_000
"""Bytes of an output's UTF-8: within the limits above, with room for its name."""


def size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode(errors="surrogatepass"))


def cut(text: str) -> str:
    """The beginning of a text that is too long, in whole letters and with ``…`` at its end."""
    if size(text) <= LONGEST:
        return text
    start = text.encode(errors="surrogatepass")[: LONGEST - len("…".encode())]
    return start.decode(errors="ignore") + "…"
