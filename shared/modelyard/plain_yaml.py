"""YAML as the services' JSON has it: plain values, and no dates.

A module of its own because PyYAML takes a third of the time that a whole step's imports take:
who reads JSON, or nothing structured at all, doesn't wait for it.
"""

from __future__ import annotations

from typing import Any

import yaml


class Mistake(ValueError):
    """The text isn't YAML. Line and column count from 1; 0 where they aren't known."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


class _Loader(yaml.SafeLoader):
    """2024-01-31 stays the text that a service's JSON has."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the parent's own attribute
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(text: str) -> Any:
    """The value that the text holds.

    :raises Mistake: with the parser's own words, which may quote the text.
    :raises RecursionError: when it is nested too deep.
    :raises ValueError: for a value that no Python type holds.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise _mistake(error) from None


def nodes(text: str) -> yaml.Node | None:
    """The parsed text with the place of everything in it; None when it holds nothing.

    Merge keys (``<<``) are carried out.

    :raises Mistake: with the parser's own words, which may quote the text.
    :raises RecursionError: when it is nested too deep.
    """
    loader = _Loader(text)
    try:
        found: yaml.Node | None = loader.get_single_node()
        _merge(loader, found)
    except yaml.YAMLError as error:
        raise _mistake(error) from None
    return found


def plain(node: yaml.ScalarNode) -> Any:
    """The value of one scalar.

    :raises Mistake: for a tag that isn't known.
    :raises ValueError: for a value that no Python type holds.
    """
    try:
        return _Loader("").construct_object(node)
    except yaml.YAMLError as error:
        raise _mistake(error) from None


def _merge(loader: _Loader, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        for _, value in node.value:
            _merge(loader, value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _merge(loader, value)


def _mistake(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not valid"
    return Mistake(problem, mark.line + 1, mark.column + 1) if mark else Mistake(problem)
