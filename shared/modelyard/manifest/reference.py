"""The reference page of an operation, and the index of them."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import yaml

from modelyard.manifest.wording import code, default, table, type_name
from modelyard.manifest.written import MARK
from modelyard.operation import GROUPS, Member, Operation

EXIT_CODES = (
    ("0", "Done."),
    ("2", "An input is missing, misspelt or has a value that isn't allowed; all are listed."),
    ("70", "A fault of Modelyard itself."),
    ("130, 143", "Cancelled by SIGINT or SIGTERM; what the step had started is stopped."),
)
OUTPUT = re.compile(r"\$\{\{ steps\.[\w-]+\.outputs\.([\w-]+) \}\}")
"""In an example: the output of an earlier step."""
OTHERS = "Every other error has a code of its own: [troubleshooting](../troubleshooting.md).\n"


def index(operations: Sequence[Operation[Any, Any]]) -> str:
    """``docs/reference/README.md``."""
    parts = [
        f"# Reference\n\n<!-- {MARK} -->\n\n"
        "Every operation is a command, `modelyard NAME`. Its inputs are options of the command: "
        "`--cluster-name training`. Secrets come from the environment only.\n"
    ]
    for group in GROUPS:
        rows = [
            (f"[{code(one.name)}]({one.name}.md)", f"{one.title}.")
            for one in operations
            if one.group == group
        ]
        if rows:
            parts.append(f"## {group[0].upper()}{group[1:]}\n\n{table(('command', ''), rows)}")
    parts.append(f"## Exit codes\n\n{_exit_codes(EXIT_CODES)}\n{OTHERS}")
    return "\n".join(parts)


def page(operation: Operation[Any, Any]) -> str:
    """``docs/reference/NAME.md``."""
    parts = [
        f"# {operation.name}\n\n<!-- {MARK} -->\n\n**{operation.title}.** "
        f"{operation.description}\n",
        _requirements(operation),
        "## Inputs\n",
        *_inputs(_own_first(operation)),
        f"## Outputs\n\n{_outputs(operation.output_members)}",
        f"## Exit codes\n\n{_exit_codes(EXIT_CODES)}\n{OTHERS}",
    ]
    if operation.example:
        parts.append(f"## Example\n\nOn a command line:\n\n```sh\n{command(operation)}\n```\n")
    return "\n".join(part for part in parts if part)


def command(operation: Operation[Any, Any]) -> str:
    """The example as a command line; secrets are variables that are set before."""
    known = {member.kebab: member for member in operation.input_members}
    words = [f"modelyard {operation.name}"]
    for name, value in example(operation).items():
        if not known[name].spec.secret:
            words.append(f"--{name} {_word(value)}")
    return " \\\n  ".join(words)


def _word(value: Any) -> str:
    """A value as a shell takes it; the output of an earlier step is a variable named for it."""
    text = (value if isinstance(value, str) else json.dumps(value)).rstrip()
    output = OUTPUT.fullmatch(text)
    return f'"${output[1].upper().replace("-", "_")}"' if output else shlex.quote(text)


def example(operation: Operation[Any, Any]) -> dict[str, Any]:
    """The inputs of the declared example."""
    values = yaml.safe_load(operation.example) or {}
    assert isinstance(values, dict), f"the example of {operation.name} is no mapping"
    return values


def _requirements(operation: Operation[Any, Any]) -> str:
    oldest, newest = operation.python
    extra = f", and the extra `modelyard[{operation.extra}]`" if operation.extra else ""
    return f"It needs Python {oldest} to {newest}{extra}.\n"


def _own_first(operation: Operation[Any, Any]) -> list[Member]:
    """The inputs that the operation declares itself, then those it shares with others."""
    own = inspect.get_annotations(operation.inputs)
    return sorted(operation.input_members, key=lambda member: member.name not in own)


def _inputs(members: Sequence[Member]) -> Iterator[str]:
    # A stable sort: groups in the order of their first input, ungrouped ones first.
    order = ["", *dict.fromkeys(member.spec.group for member in members)]
    ordered = sorted(members, key=lambda member: order.index(member.spec.group))
    for group, found in groupby(ordered, key=lambda member: str(member.spec.group)):
        heading = f"### {group}\n\n" if group else ""
        rows = [_input(member) for member in found]
        yield heading + table(("input", "what it is", "type", "default", "environment"), rows)
    if not members:
        yield "It has none.\n"


def _input(member: Member) -> tuple[str, ...]:
    kind = type_name(member)
    return (
        code(member.kebab),
        member.spec.help,
        f"secret {kind}" if member.spec.secret else kind,
        default(member),
        ", ".join(code(name) for name in member.spec.environment),
    )


def _outputs(members: Sequence[Member]) -> str:
    if not members:
        return "It has none.\n"
    rows = [
        (code(member.kebab), member.spec.help, "secret" if member.spec.secret else "")
        for member in members
    ]
    return table(("output", "what it is", ""), rows)


def _exit_codes(rows: Iterable[tuple[str, str]]) -> str:
    return table(("code", "meaning"), rows)
