"""The page that every error message leads to."""

from __future__ import annotations

import inspect

from modelyard.errors import ModelyardError, all_errors
from modelyard.manifest.usual_causes import USUAL
from modelyard.manifest.wording import table
from modelyard.manifest.written import MARK

HEAD = f"""# Troubleshooting

<!-- {MARK} -->

Every error says what happened, its likely cause and what to do, and ends with its identifier, the
exit code of the step and the command that prints its section of this page: `modelyard explain
MY012`, of the installed package (`modelyard explain` lists all). The codes never change their
meaning, so a script can rely on them. Beside them, 0 is success, 70 a fault of Modelyard itself
(`MODELYARD_DEBUG=1` shows the traceback; please report it), and 130 or 143 a step that was
cancelled by SIGINT or SIGTERM.
"""


def page() -> str:
    """``docs/troubleshooting.md``."""
    errors = all_errors()
    rows = [
        (str(one.exit_code), f"[{one.identifier}](#{anchor(one)})", meaning(one))
        for one in sorted(errors, key=lambda one: one.exit_code)
    ]
    return "\n".join([HEAD, table(("code", "error", "meaning"), rows), *map(_section, errors)])


def anchor(error: type[ModelyardError]) -> str:
    """What a link to the error ends in: the heading, as Markdown renderers name it."""
    return error.identifier.lower()


def meaning(error: type[ModelyardError]) -> str:
    """The first paragraph of the class's own docstring, with plain quotation marks for code."""
    text = inspect.cleandoc(error.__dict__["__doc__"]).split("\n\n")[0]
    return " ".join(text.split()).replace("``", "`")


def cause_of(error: type[ModelyardError]) -> str:
    """The likely cause, a sentence."""
    return _sentence(error.cause or USUAL.get(error.identifier, ("", ""))[0])


def fix_of(error: type[ModelyardError]) -> str:
    """What to do, a sentence."""
    return _sentence(error.fix or USUAL.get(error.identifier, ("", ""))[1])


def _section(error: type[ModelyardError]) -> str:
    return (
        f"## {error.identifier}\n\n"
        f"`{error.__name__}`, exit code {error.exit_code}. {meaning(error)}\n\n"
        f"- Likely cause: {cause_of(error)}\n"
        f"- What to do: {fix_of(error)}\n"
    )


def _sentence(text: str) -> str:
    """:raises IndexError: for none: an error has a cause and a fix in its class or in ``USUAL``."""
    return f"{text[0].upper()}{text[1:]}."
