"""The declared example of an operation, as it is written in each place.

An example is YAML, ``input: value`` with kebab-case names. ``$(name)`` is a secret, and
``${{ steps.OPERATION.outputs.NAME }}`` the output of an earlier step.
"""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Callable
from typing import Any

import yaml

from modelyard.manifest.wording import TASK_MAJOR
from modelyard.operation import Member, Operation, camel_case

OUTPUT = re.compile(r"\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}")
SECRET = re.compile(r"\$\(([\w.-]+)\)")
WORKSPACE = {"DATABRICKS_HOST": "workspace-url", "DATABRICKS_TOKEN": "token"}
"""What the environment says where the example leaves the workspace out, and the input it gives."""
PUBLIC = frozenset({"DATABRICKS_HOST"})
"""Of the environment of an example what isn't a secret."""


def example(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The inputs of the declared example, by kebab-case name."""
    values = yaml.safe_load(operation.example) or {}
    assert isinstance(values, dict), f"the example of {operation.name} is no mapping"
    return values


def ordered(operation: Operation[Any, Any]) -> list[Member]:
    """The inputs as a reader wants them: those without a heading first, of them those that the
    example has; those that the operation declares itself before those it shares with others."""
    own = inspect.get_annotations(operation.inputs)
    shown = list(example(operation))

    def place(member: Member) -> tuple[bool, int, bool]:
        first = not member.spec.group and member.kebab in shown
        at = shown.index(member.kebab) if first else len(shown)
        return bool(member.spec.group), at, member.name not in own

    return sorted(operation.input_members, key=place)


def environment(operation: Operation[Any, Any]) -> tuple[str, ...]:
    """Names of the variables that the example needs beside its inputs."""
    named = {member.kebab for member in operation.input_members}
    given = example(operation)
    workspace = [name for name, kebab in WORKSPACE.items() if kebab in named and kebab not in given]
    return (*workspace, *operation.example_environment)


def command_environment(operation: Operation[Any, Any]) -> tuple[str, ...]:
    """As above for a command line, where secrets among the inputs are variables too."""
    given = example(operation)
    secrets = [
        member.spec.environment[0]
        for member in operation.input_members
        if member.spec.secret and member.kebab in given
    ]
    return (*environment(operation), *secrets)


def action_name(operation: Operation[Any, Any]) -> str:
    """How a workflow names the action of the released repository."""
    return f"OWNER/modelyard/actions/{operation.name}@v{TASK_MAJOR}"


def command(operation: Operation[Any, Any]) -> str:
    """The example as a command line; secrets are variables that are set before."""
    secret = {member.kebab for member in operation.input_members if member.spec.secret}
    words = [f"modelyard {operation.name}"]
    words += [
        f"--{name} {_word(value)}" for name, value in example(operation).items()
        if name not in secret
    ]  # fmt: skip
    return " \\\n  ".join(words)


def _word(value: Any) -> str:
    """A value as a shell takes it; the output of an earlier step is a variable named for it."""
    text = (value if isinstance(value, str) else json.dumps(value)).rstrip()
    output = OUTPUT.fullmatch(text)
    return f'"${_variable(output[2])}"' if output else shlex.quote(text)


def azure_example(operation: Operation[Any, Any]) -> str:
    """The example as a step of an Azure Pipelines job: YAML, a list of one step."""
    step: dict[str, Any] = {
        "task": f"{operation.task_name}@{TASK_MAJOR}",
        "name": camel_case(operation.name),
        "inputs": {
            camel_case(name): _replaced(OUTPUT, _azure_output, value)
            for name, value in example(operation).items()
        },
    }
    if names := environment(operation):
        step["env"] = {name: f"$({name.lower().replace('_', '-')})" for name in names}
    return _yaml([step])


def github_example(operation: Operation[Any, Any], *, uses: str = "") -> str:
    """The example as a step of a GitHub job: YAML, a list of one step.

    :param uses: the action; left out, the one of the released repository.
    """
    step: dict[str, Any] = {
        "uses": uses or action_name(operation),
        "id": operation.name,
        "with": {
            name: _replaced(SECRET, _github_secret, value)
            for name, value in example(operation).items()
        },
    }
    if names := environment(operation):
        step["env"] = {
            name: f"${{{{ {'vars' if name in PUBLIC else 'secrets'}.{name} }}}}" for name in names
        }
    return _yaml([step])


def _azure_output(found: re.Match[str]) -> str:
    return f"$({camel_case(found[1])}.{camel_case(found[2])})"


def _github_secret(found: re.Match[str]) -> str:
    return f"${{{{ secrets.{_variable(found[1])} }}}}"


def _variable(name: str) -> str:
    return re.sub(r"[-.]", "_", name).upper()


def _replaced(pattern: re.Pattern[str], by: Callable[[re.Match[str]], str], value: Any) -> Any:
    """A value as both platforms take it: a structure is YAML in a text."""
    if isinstance(value, (bool, int, float)):
        return value
    return pattern.sub(by, value if isinstance(value, str) else _yaml(value))


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, lists indented as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and self.indent is None)


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if "\n" not in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text)
    # With its last line ended it is a plain ``|``, and no input cares.
    whole = text if text.endswith("\n") else f"{text}\n"
    return dumper.represent_scalar("tag:yaml.org,2002:str", whole, style="|")


_Dumper.add_representer(str, _block)


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
