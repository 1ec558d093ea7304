"""The reference page of an operation, and the index of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from modelyard.manifest.examples import (
    action_name,
    azure_example,
    command,
    command_environment,
    github_example,
    ordered,
)
from modelyard.manifest.groups import GROUPS
from modelyard.manifest.wording import (
    TASK_MAJOR,
    code,
    default,
    table,
    type_name,
)
from modelyard.manifest.written import MARK
from modelyard.operation import Member, Operation
from modelyard.output_limit import LONGEST

EXIT_CODES = (
    ("0", "Done."),
    ("2", "An input is missing, misspelt or has a value that isn't allowed; all are listed."),
    ("70", "A fault of Modelyard itself."),
    ("130, 143", "Cancelled by SIGINT or SIGTERM; what the step had started is stopped."),
)
INPUT_COLUMNS = ("input", "on Azure Pipelines", "what it is", "type", "default", "environment")
FOLDER = "examples/wine-quality"
FILES = f"The files are those of [`{FOLDER}`](../../{FOLDER}).\n\n"
OTHERS = "Every other error has a code of its own: [troubleshooting](../troubleshooting.md).\n"


def index(operations: Sequence[Operation[Any, Any]]) -> str:
    """``docs/reference/README.md``."""
    parts = [
        f"# Reference\n\n<!-- {MARK} -->\n\n"
        "Every operation is a command, an Azure Pipelines task and a GitHub action, with the same "
        "inputs and outputs. On GitHub and a command line a name has hyphens "
        "(`cluster-name`), on Azure Pipelines it is written in one word (`clusterName`). "
        "Of an input that has variables of the environment beside it, the first of them that is "
        "set counts when the input isn't given. A command takes secrets from there only.\n\n"
        f"An output has at most {LONGEST:,} bytes, because a later step gets it as a variable, and "
        "no step starts with a longer one. A longer text is cut and ends in `…`. Longer JSON is "
        "written to a file that lasts as long as the job, and the output is its path, which "
        "inputs that take JSON take too. The step warns of either.\n"
    ]
    for group in GROUPS:
        rows = [
            (
                f"[{code(one.name)}]({one.name}.md)",
                code(f"{one.task_name}@{TASK_MAJOR}"),
                f"{one.title}.",
            )
            for one in operations
            if one.group == group
        ]
        if rows:
            heading = f"## {group[0].upper()}{group[1:]}"
            parts.append(f"{heading}\n\n{table(('command and action', 'task', ''), rows)}")
    parts.append(f"## Exit codes\n\n{_exit_codes(EXIT_CODES)}\n{OTHERS}")
    return "\n".join(parts)


def page(operation: Operation[Any, Any]) -> str:
    """``docs/reference/NAME.md``."""
    parts = [
        f"# {operation.name}\n\n<!-- {MARK} -->\n\n**{operation.title}.** "
        f"{operation.description}\n",
        _names(operation),
        _examples(operation),
        "## Inputs\n",
        *_inputs(ordered(operation)),
        f"## Outputs\n\n{_outputs(operation.output_members)}",
        f"## Exit codes\n\n{_exit_codes(EXIT_CODES)}\n{OTHERS}",
    ]
    return "\n".join(part for part in parts if part)


def _names(operation: Operation[Any, Any]) -> str:
    rows = [
        ("Azure Pipelines", f"task {code(f'{operation.task_name}@{TASK_MAJOR}')}"),
        ("GitHub", f"action {code(action_name(operation))}"),
        ("a terminal", f"command {code(f'modelyard {operation.name}')}"),
    ]
    return f"{table(('on', 'it is'), rows)}\n{_requirements(operation)}"


def _examples(operation: Operation[Any, Any]) -> str:
    if not operation.example:
        return ""
    needed = ", ".join(code(name) for name in command_environment(operation))
    told = f", with {needed} in the environment" if needed else ""
    files = FILES if FOLDER in operation.example else ""
    return (
        f"## Examples\n\n{files}On Azure Pipelines:\n\n```yaml\n{azure_example(operation)}```\n\n"
        f"On GitHub:\n\n```yaml\n{github_example(operation)}```\n\n"
        f"On a command line{told}:\n\n```sh\n{command(operation)}\n```\n"
    )


def _requirements(operation: Operation[Any, Any]) -> str:
    oldest, newest = operation.python
    extra = f", and the extra `modelyard[{operation.extra}]`" if operation.extra else ""
    return f"It needs Python {oldest} to {newest}{extra}.\n"


def _inputs(members: Sequence[Member]) -> Iterator[str]:
    # A stable sort: groups in the order of their first input, ungrouped ones first.
    order = ["", *dict.fromkeys(member.spec.group for member in members)]
    ordered = sorted(members, key=lambda member: order.index(member.spec.group))
    for group, found in groupby(ordered, key=lambda member: str(member.spec.group)):
        heading = f"### {group}\n\n" if group else ""
        yield heading + table(INPUT_COLUMNS, [_input(member) for member in found])
    if not members:
        yield "It has none.\n"


def _input(member: Member) -> tuple[str, ...]:
    kind = type_name(member)
    return (
        "" if member.spec.connection else code(member.kebab),
        azure_names(member),
        member.spec.help,
        f"secret {kind}" if member.spec.secret else kind,
        default(member),
        ", ".join(code(name) for name in member.spec.environment),
    )


def azure_names(member: Member) -> str:
    """What an input or output is called on Azure Pipelines; nothing where that is the same."""
    aliases = getattr(member.spec, "aliases", ())
    names = [member.camel, *aliases] if aliases or member.camel != member.kebab else []
    return " or ".join(code(name) for name in names)


def _outputs(members: Sequence[Member]) -> str:
    if not members:
        return "It has none.\n"
    rows = [
        (code(one.kebab), azure_names(one), one.spec.help, "secret" if one.spec.secret else "")
        for one in members
    ]
    return table(("output", "on Azure Pipelines", "what it is", ""), rows)


def _exit_codes(rows: Iterable[tuple[str, str]]) -> str:
    return table(("code", "meaning"), rows)
