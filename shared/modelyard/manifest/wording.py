"""Names and values of the declarations, as documents show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelyard.operation import Member, Structure


def type_name(member: Member) -> str:
    """What a user gives for an input."""
    if member.spec.choices:
        return " or ".join(code(choice) for choice in member.spec.choices)
    if member.type == tuple[str, ...]:
        return "list, one per line"
    if member.type is Structure:
        return "YAML or JSON, or a file of it"
    name = {int: "whole number", float: "number", bool: "true or false"}.get(member.type, "text")
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
