"""The examples on the reference pages: real steps, of inputs that there are."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml

from contract.tools import github_findings
from contract.uses import problems
from modelyard import manifest, operations
from modelyard.manifest import reference, schema
from modelyard.manifest.examples import OUTPUT, environment, example
from modelyard.operation import Member, Operation, Structure
from modelyard.reading import parse, structure

EVERY = operations.every()
PLACEHOLDER = re.compile(r"\$\(|\$\{\{")


def each() -> Any:
    return pytest.mark.parametrize("operation", EVERY, ids=lambda one: one.name)


def azure_step(operation: Operation[Any, Any]) -> dict[str, Any]:
    (step,) = yaml.safe_load(reference.azure_example(operation))
    return dict(step)


def github_step(operation: Operation[Any, Any]) -> dict[str, Any]:
    (step,) = yaml.safe_load(reference.github_example(operation))
    return dict(step)


@each()
def test_the_example_for_azure_pipelines_is_a_step(operation: Operation[Any, Any]) -> None:
    step = azure_step(operation)

    assert problems(reference.azure_example(operation)) == []
    assert set(step) <= {"task", "name", "inputs", "env"}
    assert re.fullmatch(r"[A-Za-z]\w*", step["name"])
    camel = {member.camel: member for member in operation.input_members}
    assert_typed(operation, {camel[name].kebab: value for name, value in step["inputs"].items()})


@each()
def test_the_example_names_files_that_a_reader_has(operation: Operation[Any, Any]) -> None:
    paths = {member.kebab for member in operation.input_members if member.spec.file}
    for name, value in example(operation).items():
        if not isinstance(value, str) or "\n" in value or PLACEHOLDER.search(value):
            continue
        if name in paths or re.fullmatch(r"[\w./-]+\.(json|ya?ml|csv|py|whl)", value):
            assert value.startswith("examples/"), f"{name}: {value}"
            assert (manifest.ROOT / value).exists(), f"{name}: {value}"
            assert "[`examples/wine-quality`]" in reference.page(operation)


@each()
def test_the_example_for_github_is_a_step(operation: Operation[Any, Any]) -> None:
    step = github_step(operation)

    assert problems(reference.github_example(operation)) == []
    assert set(step) <= {"uses", "id", "with", "env"}
    assert_typed(operation, step["with"])


def assert_typed(operation: Operation[Any, Any], given: dict[str, Any]) -> None:
    """The values are what the operation takes, as texts of YAML."""
    known = {member.kebab: member for member in operation.input_members}
    typed = {
        name: value_of(known[name], value)
        for name, value in given.items()
        if not PLACEHOLDER.search(str(value))
    }
    validator = jsonschema.Draft202012Validator({**schema.schema(operation), "required": []})
    assert list(validator.iter_errors(typed)) == []
    assert {name for name, member in known.items() if member.required} <= set(given)


def value_of(member: Member, value: Any) -> Any:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if member.type is Structure:
        # The name of a file is its text: files belong to the reader's repository.
        return structure(member.kebab, text) if "\n" in text else text
    found = parse(member, text)
    return list(found) if isinstance(found, tuple) else found


@each()
def test_secrets_of_an_example_are_secrets_of_the_platform(operation: Operation[Any, Any]) -> None:
    secret = {member.kebab for member in operation.input_members if member.spec.secret}
    azure, github = azure_step(operation), github_step(operation)
    for name, value in github["with"].items():
        assert (name in secret) == ("${{ secrets." in str(value))
        assert OUTPUT.fullmatch(str(value)) or name in secret or "${{" not in str(value)
    assert set(azure.get("env", {})) == set(github.get("env", {})) == set(environment(operation))
    for name, value in azure.get("env", {}).items():
        assert value == f"$({name.lower().replace('_', '-')})"
    for name, value in github.get("env", {}).items():
        assert value == f"${{{{ {'vars' if name.endswith('_HOST') else 'secrets'}.{name} }}}}"


@each()
def test_an_output_of_an_earlier_step_is_one_that_its_operation_has(
    operation: Operation[Any, Any],
) -> None:
    azure = reference.azure_example(operation)
    for found in OUTPUT.finditer(operation.example):
        earlier = operations.load(found[1])
        member = next(one for one in earlier.output_members if one.kebab == found[2])
        assert f"$({azure_step(earlier)['name']}.{member.camel})" in azure


@each()
def test_the_page_shows_them_and_a_command(operation: Operation[Any, Any]) -> None:
    page = (manifest.ROOT / f"docs/reference/{operation.name}.md").read_text("utf-8")

    for text in (reference.azure_example(operation), reference.github_example(operation)):
        assert f"```yaml\n{text}```\n" in page
    assert f"```sh\n{reference.command(operation)}\n```" in page


def test_githubs_language_service_and_actionlint_take_the_examples() -> None:
    files = {f".github/workflows/{operation.name}.yml": workflow(operation) for operation in EVERY}

    assert github_findings(files) == []


def workflow(operation: Operation[Any, Any]) -> str:
    """A workflow of the example, and of the steps before it that it or one of them speaks of."""
    job = {"runs-on": "ubuntu-24.04", "steps": list(steps_until(operation).values())}
    return str(yaml.safe_dump({"name": "try", "on": "push", "jobs": {"try": job}}, sort_keys=False))


def steps_until(operation: Operation[Any, Any]) -> dict[str, dict[str, Any]]:
    """The steps by their operations, each after those whose outputs it has."""
    steps: dict[str, dict[str, Any]] = {}
    for found in OUTPUT.finditer(operation.example):
        steps |= steps_until(operations.load(found[1]))
    steps[operation.name] = github_step(operation)
    return steps


@each()
def test_it_gives_the_same_inputs_everywhere(operation: Operation[Any, Any]) -> None:
    camel = {member.camel: member.kebab for member in operation.input_members}
    on_azure = {camel[name]: value for name, value in azure_step(operation)["inputs"].items()}

    assert set(on_azure) == set(github_step(operation)["with"]) == set(example(operation))
    for name, value in github_step(operation)["with"].items():
        assert on_azure[name] == value or PLACEHOLDER.search(str(value))
