"""Expansion of generated templates against a naive implementation over plain values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelyard.local.runner.pipeline import reader
from modelyard.local.runner.pipeline.expansion import Expander
from modelyard.local.runner.pipeline.files import Files
from modelyard.local.runner.pipeline.nodes import plain
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.local.runner.pipeline.scope import Scope

PARAMETERS = {"word": "abc", "empty": "", "list": ["p", "q"], "map": {"one": "1", "two": "2"}}
VALUES = {
    "${{ parameters.word }}": "abc",
    "${{parameters['word']}}": "abc",
    "${{ parameters.empty }}": "",
    "x-${{ parameters.word }}-${{ parameters.word }}": "x-abc-abc",
    "${{ 'it''s }} ${{' }}": "it's }} ${{",
    "${{ parameters.list }}": ["p", "q"],
    "${{ parameters.map }}": {"one": "1", "two": "2"},
    "$(macro)": "$(macro)",
    "plain": "plain",
    "no": "no",
}
CONDITIONS = {
    "true": True,
    "False": False,
    "eq(parameters.word, 'ABC')": True,
    "ne(parameters.word, 'abc')": False,
    "parameters.empty": False,
    "and(parameters.word, contains('hay stack', 'STACK'))": True,
}
TURNS = {
    "parameters.list": ["p", "q"],
    "split('r;s;t', ';')": ["r", "s", "t"],
    "parameters.map": [{"key": "one", "value": "1"}, {"key": "two", "value": "2"}],
    "parameters.empty": [],
}
texts = st.sampled_from([*VALUES, "${{ item }}", "-${{ item }}"])


def directives(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One chain of branches, or a loop."""
    condition = st.sampled_from(list(CONDITIONS))
    return st.one_of(
        st.builds(lambda c, x: {f"${{{{ if {c} }}}}": x}, condition, inner),
        st.builds(
            lambda c, x, d, y, z: {
                f"${{{{ if {c} }}}}": x,
                f"${{{{ elseif {d} }}}}": y,
                "${{ else }}": z,
            },
            condition,
            inner,
            condition,
            inner,
            inner,
        ),
        st.builds(
            lambda t, x: {f"${{{{ each item in {t} }}}}": x}, st.sampled_from(list(TURNS)), inner
        ),
    )


def members(node: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    inserted = st.lists(node, min_size=1, max_size=2)
    one = st.dictionaries(st.sampled_from(["i", "j"]), node, min_size=1, max_size=2)
    return st.lists(st.one_of(node, directives(inserted), directives(one)), max_size=3)


def mappings(node: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    keys = st.sampled_from(["a", "b", "c", "d-${{ parameters.word }}", "e-${{ item }}"])
    plain_part = st.dictionaries(keys, node, max_size=3)
    inserted = st.dictionaries(
        st.sampled_from(["f", "g", "h-${{ item }}"]), node, min_size=1, max_size=2
    )
    insert = st.just({"${{ insert }}": "${{ parameters.map }}"})
    extra = st.one_of(st.just({}), directives(inserted), insert)
    return st.builds(lambda first, last: {**first, **last}, plain_part, extra)


trees = st.recursive(
    texts, lambda inner: st.one_of(members(inner), mappings(inner)), max_leaves=12
).filter(lambda tree: not isinstance(tree, str))


class Duplicate(Exception):
    """A key twice: an error in the real one."""


def expand(tree: Any, item: Any) -> Any:
    """The naive implementation."""
    if isinstance(tree, str):
        value = VALUES.get(tree, tree)
        if tree == "${{ item }}":
            return item
        return f"-{item}" if tree == "-${{ item }}" else value
    if isinstance(tree, dict):
        result: dict[str, Any] = {}
        for key, value in pairs(tree, item):
            if key.lower() in map(str.lower, result):
                raise Duplicate
            result[key] = value
        return result
    found: list[Any] = []
    for member in tree:
        if isinstance(member, dict) and member and all(map(is_directive, member)):
            if all(isinstance(value, list) for value in member.values()):
                for value, turn in branches(member, item):
                    found += expand(value, turn)
            else:
                built = expand(member, item)
                found += [built] if built else []
            continue
        value = expand(member, item)
        flat = isinstance(member, str) and isinstance(value, list)
        found += value if flat else [value]
    return found


def is_directive(key: str) -> bool:
    return key.startswith(("${{ if ", "${{ elseif ", "${{ else ", "${{ each ", "${{ insert "))


def pairs(tree: dict[str, Any], item: Any) -> Any:
    directed = {key: value for key, value in tree.items() if is_directive(key)}
    for key, value in tree.items():
        if not is_directive(key):
            yield str(expand_key(key, item)), expand(value, item)
    for value, turn in branches(directed, item):
        inner = expand(value, turn) if isinstance(value, str) else None
        yield from inner.items() if inner is not None else pairs(value, turn)


def expand_key(key: str, item: Any) -> str:
    return key.replace("${{ parameters.word }}", "abc").replace("${{ item }}", str(item))


def branches(tree: dict[str, Any], item: Any) -> Any:
    taken = False
    for key, value in tree.items():
        kind, _, rest = key[4:-3].partition(" ")
        if kind == "each":
            yield from ((value, turn) for turn in TURNS[rest.removeprefix("item in ")])
        elif kind == "insert":
            yield value, item
        elif not taken and (kind == "else" or CONDITIONS[rest]):
            taken = True
            yield value, item


def uses_a_mapping_as_text(tree: Any, item: Any) -> bool:
    """Such a loop variable has no text: an error in the real one."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            turns = [item]
            if key.startswith("${{ each"):
                turns = TURNS[key[4:-3].partition(" in ")[2]]
            if "${{ item }}" in key and isinstance(item, dict):
                return True
            if any(uses_a_mapping_as_text(value, turn) for turn in turns):
                return True
        return False
    if isinstance(tree, list):
        return any(uses_a_mapping_as_text(one, item) for one in tree)
    return tree == "-${{ item }}" and isinstance(item, dict)


@settings(max_examples=200)
@given(trees)
def test_expansion_equals_the_naive_one(tree: Any) -> None:
    assume(not uses_a_mapping_as_text(tree, "top"))
    try:
        expected = expand(tree, "top")
    except Duplicate:
        assume(False)
    problems = Problems()
    node = reader.read(yaml.safe_dump(tree, sort_keys=False).encode(), "a.yml", problems)
    assert node is not None
    scope = Scope(PARAMETERS, {}).loop("item", "top")
    found = Expander(Files(Path(), {}, problems), problems).expand(node, "", scope)
    assert problems.found == []
    assert plain(found) == expected
