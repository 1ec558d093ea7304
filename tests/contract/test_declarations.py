"""What every operation's declaration has to be, for all the places it is shown in."""

from __future__ import annotations

import importlib.util
import re
import uuid
from collections import Counter
from typing import Any

import jsonschema
import pytest

from modelyard import manifest, operations
from modelyard.manifest import examples, schema, written
from modelyard.manifest.groups import GROUPS
from modelyard.operation import Member, Operation, Structure
from modelyard.reading import mapping_source, parse, to_text

EVERY = operations.every()
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
WHEN = re.compile(r"\b(set|left|only|always|until|when|in a dry run|with)\b", re.IGNORECASE)


def inputs() -> list[Any]:
    return [
        pytest.param(operation, member, id=f"{operation.name}.{member.kebab}")
        for operation in EVERY
        for member in operation.input_members
    ]


def outputs() -> list[Any]:
    return [
        pytest.param(member, id=f"{operation.name}.{member.kebab}")
        for operation in EVERY
        for member in operation.output_members
    ]


def each() -> Any:
    return pytest.mark.parametrize("operation", EVERY, ids=lambda one: one.name)


@pytest.mark.parametrize("name", operations.NAMES)
def test_every_name_has_a_module_that_declares_it(name: str) -> None:
    module = f"modelyard.operations.{name.replace('-', '_')}"

    assert importlib.util.find_spec(module) is not None
    assert operations.load(name).name == name


def test_names_and_task_ids_are_unique() -> None:
    assert [n for n, count in Counter(operations.NAMES).items() if count > 1] == []
    ids = Counter(operation.task_id for operation in EVERY)
    assert [one for one, count in ids.items() if count > 1] == []


@each()
def test_the_operation_itself(operation: Operation[Any, Any]) -> None:
    assert KEBAB.fullmatch(operation.name)
    assert str(uuid.UUID(operation.task_id)) == operation.task_id
    assert uuid.UUID(operation.task_id).version == 4
    assert operation.group in GROUPS
    assert operation.title[0].isupper()
    assert not operation.title.endswith(".")
    assert operation.description.endswith(".")
    assert operation.python[0] in ("3.10", "3.11")


@pytest.mark.parametrize(("operation", "member"), inputs())
def test_an_input_is_told_in_full_sentences(operation: Operation[Any, Any], member: Member) -> None:
    text = member.spec.help

    assert text.endswith((".", ".)")), text
    first = text.split()[0].strip(":,")
    assert text[0].isupper() or not text[0].isalpha() or first in member.spec.choices, text
    assert "\n" not in text
    assert "  " not in text


@pytest.mark.parametrize("member", outputs())
def test_an_output_says_when_it_is_set(member: Member) -> None:
    assert member.spec.help.endswith(".")
    assert WHEN.search(member.spec.help), member.spec.help
    assert not member.required


@pytest.mark.parametrize(("operation", "member"), inputs())
def test_an_input_has_a_type_that_text_can_give(
    operation: Operation[Any, Any], member: Member
) -> None:
    assert member.type in (str, int, float, bool, tuple[str, ...], Structure)
    assert member.type is str or not member.spec.choices
    for choice in member.spec.choices:
        assert parse(member, choice) == choice
    if member.default_text:
        assert parse(member, member.default_text) == member.default
    if member.spec.choices and not member.required and member.default is not None:
        assert member.default in member.spec.choices


@pytest.mark.parametrize(("operation", "member"), inputs())
def test_a_secret_can_come_from_the_environment_and_has_no_default(
    operation: Operation[Any, Any], member: Member
) -> None:
    if member.spec.secret:
        assert member.spec.environment
        assert not member.spec.connection
        assert not member.default
    for name in member.spec.environment:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", name)


@pytest.mark.parametrize(("operation", "member"), inputs())
def test_an_input_that_sounds_secret_is_one(operation: Operation[Any, Any], member: Member) -> None:
    last = member.kebab.split("-")[-1]
    if member.type is str and last in ("token", "password", "secret", "key"):
        assert member.spec.secret, member.kebab


@each()
def test_no_two_inputs_collide_in_any_place(operation: Operation[Any, Any]) -> None:
    members = operation.input_members
    for names in (
        [member.kebab for member in members],
        [member.camel.upper() for member in members],
        [member.kebab.upper().replace("-", "_") for member in members],
        [alias.upper() for m in members for alias in (m.camel, *m.spec.aliases)],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    assert "help" not in {member.kebab for member in members}
    assert all(KEBAB.fullmatch(member.kebab) for member in members)


@each()
def test_no_two_outputs_collide(operation: Operation[Any, Any]) -> None:
    names = Counter(member.camel.upper() for member in operation.output_members)

    assert [name for name, count in names.items() if count > 1] == []
    assert all(KEBAB.fullmatch(member.kebab) for member in operation.output_members)


@each()
def test_a_visible_rule_speaks_of_inputs_there_are(operation: Operation[Any, Any]) -> None:
    known = {member.name for member in operation.input_members}
    for member in operation.input_members:
        words = re.findall(r"([a-z_]\w*)\s*(?:=|!=)", member.spec.visible_when)
        assert set(words) <= known


@each()
def test_the_example_is_one_that_works(operation: Operation[Any, Any]) -> None:
    given = {
        name: value if isinstance(value, str) else to_text(value)
        for name, value in examples.example(operation).items()
    }
    known = {member.kebab: member for member in operation.input_members}
    assert given, "an operation shows an example"
    assert set(given) <= set(known)
    for name, text in given.items():
        secret = re.fullmatch(r"\$\([\w.-]+\)|\$\{\{ secrets\.\w+ \}\}", text)
        assert known[name].spec.secret == bool(secret), name
        assert "${{" not in text or secret or examples.OUTPUT.fullmatch(text), text
    required = {member.kebab for member in operation.input_members if member.required}
    assert required <= set(given)
    assert not any(known[name].spec.connection for name in given), "it is for all platforms"
    source = mapping_source(given)
    for name in given:
        text = source(known[name])
        if text and "${{" not in text and known[name].type is not Structure:
            parse(known[name], text)


@each()
def test_the_schema_is_one_and_takes_the_example(operation: Operation[Any, Any]) -> None:
    made = schema.schema(operation)
    jsonschema.Draft202012Validator.check_schema(made)
    validator = jsonschema.Draft202012Validator(made)

    assert list(validator.iter_errors(_typed(operation))) == []
    assert list(validator.iter_errors({**_typed(operation), "no-such-input": "x"})) != []


def _typed(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The example as a typed document: lists as lists."""
    known = {member.kebab: member for member in operation.input_members}
    return {
        name: value.splitlines()
        if isinstance(value, str) and known[name].type == tuple[str, ...]
        else value
        for name, value in examples.example(operation).items()
    }


def test_what_is_generated_is_current() -> None:
    changes = written.changes(manifest.ROOT, manifest.files(EVERY))

    assert [f"{change.path} {change.why}" for change in changes] == [], "run: make generate"
