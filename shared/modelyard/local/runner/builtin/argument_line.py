"""A line of arguments cut as azure-pipelines-task-lib does it (``ToolRunner.line``).

Blanks part arguments, double quotes hold them together, a backslash escapes a double quote within
quotes. Nothing else means anything: no variable, no single quote, no wildcard.
"""

from __future__ import annotations


def split_arguments(line: str) -> tuple[str, ...]:
    """The arguments of a line."""
    arguments: list[str] = []
    current = ""
    begun = quoted = escaped = False
    for one in line:
        if one == " " and not quoted:
            if begun:
                arguments.append(current)
            current, begun = "", False
            continue
        begun = True
        if one == '"' and not escaped:
            quoted = not quoted
        elif one == "\\" and quoted and not escaped:
            escaped = True
        else:
            current += "\\" + one if escaped and one != '"' else one
            escaped = False
    return (*arguments, current) if begun else tuple(arguments)
