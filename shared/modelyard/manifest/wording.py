"""Names and values of the declarations, as documents and forms show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from modelyard import __version__
from modelyard.documentation import page
from modelyard.operation import Member, Operation, Structure, renamed

AUTHOR = "Modelyard"
TASK_MAJOR = int(__version__.split(".")[0])
"""``V1`` of a task's folder, ``@1`` in a pipeline, ``@v1`` of an action. It changes when inputs
break."""


def shown_name(operation: Operation[Any, Any]) -> str:
    """What lists of tasks and actions show. Azure DevOps allows 40 letters."""
    return f"Modelyard {operation.name}"


def reference_url(operation: Operation[Any, Any]) -> str:
    """The page of the operation for those who read it elsewhere."""
    return page(f"reference/{operation.name}")


def help_text(member: Member) -> str:
    """What an input is, with what a form or a list of inputs doesn't say by itself."""
    return " ".join([member.spec.help, *_hints(member)])


def _hints(member: Member) -> Iterator[str]:
    told = member.spec.help.lower()
    if member.spec.choices:
        only, *more = member.spec.choices
        yield f"One of {', '.join((only, *more))}." if more else f"It can only be {only}."
    elif member.type is Structure and "json" not in told:
        yield "YAML or JSON, or the path of a file of it."
    elif member.type == tuple[str, ...] and "one a line" not in told:
        yield "One a line."
    if member.spec.environment:
        names = " or ".join(member.spec.environment)
        yield f"It may come from {names} in the step's environment too."


def camel_words(text: str, operation: Operation[Any, Any]) -> str:
    """A text that speaks of inputs and outputs, with the names they have on Azure Pipelines."""
    members = (*operation.input_members, *operation.output_members)
    return renamed(text, members, lambda member: member.camel)


def type_name(member: Member) -> str:
    """What a user gives for an input."""
    if member.spec.choices:
        return " or ".join(code(choice) for choice in member.spec.choices)
    if member.spec.connection:
        return "service connection"
    if member.type == tuple[str, ...]:
        return "list, one per line"
    if member.type is Structure:
        return "YAML or JSON, or a file of it"
    names = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    name = names[member.type]
    return "path" if member.spec.file and name == "text" else name


def default(member: Member) -> str:
    """The default of an input; what is required says so."""
    if member.required:
        return "**required**"
    return ", ".join(code(line) for line in member.default_text.splitlines())


def code(text: str) -> str:
    """Text as it is typed."""
    return f"`{text}`"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join("| " + " | ".join(map(_cell, line)) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
