"""What an operation is: its inputs, its outputs and what it does, declared once.

From the declaration come the command line, the JSON schema, the reference page, and the
Azure Pipelines task and GitHub action (see ``manifest``). An operation is a module in
``operations/`` with a module-level ``OPERATION``.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from modelyard.context import Context

InputsT = TypeVar("InputsT")
OutputsT = TypeVar("OutputsT")

_SPEC = "modelyard"
_WRITTEN = {
    "aml": "AML", "azure": "Azure", "databricks": "Databricks", "dns": "DNS", "git": "Git",
    "id": "ID", "ids": "IDs", "mlflow": "MLflow", "python": "Python", "spark": "Spark",
    "url": "URL",
}  # fmt: skip
"""Words of names as people write them, where that isn't in small letters."""


@dataclass(frozen=True)
class Input:
    """One input as its dataclass field declares it (``field: str = given(...)``)."""

    help: str
    """Full sentences, for every reader alike."""
    label: str = ""
    """Short name in the Azure Pipelines form; made from the name when empty."""
    secret: bool = False
    choices: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """Environment variables looked at, in order, when the input isn't given."""
    aliases: tuple[str, ...] = ()
    """Further names on Azure Pipelines, where inputs are camelCase."""
    multiline: bool = False
    file: bool = False
    """The value is a path in the repository."""
    group: str = ""
    """Heading it stands under in the form."""
    visible_when: str = ""
    """Azure Pipelines visibleRule over other inputs of the operation (snake_case names)."""
    names: bool = False
    """A structure whose simplest form is a list of names: these alone, parted by commas, blanks or
    line ends, are one too."""
    guards: bool = False
    """A list of what alone is allowed. Left out it allows everything, so one that is given and
    holds nothing is a mistake."""
    connection: str = ""
    """``AzureRM``: the value is a service connection of this type. Azure Pipelines alone has them,
    so the input exists nowhere else."""


@dataclass(frozen=True)
class Output:
    """One output: what it is and when it is set."""

    help: str
    secret: bool = False


def given(help: str, *, default: Any = dataclasses.MISSING, **more: Any) -> Any:
    """Declare an input. Without a default it is required.

    ``None`` as default means: not set (an empty value counts as not set on every platform).
    """
    return dataclasses.field(default=default, metadata={_SPEC: Input(help=help, **more)})


def result(help: str, *, secret: bool = False) -> Any:
    """Declare an output. It may stay None: the help says when it is set."""
    return dataclasses.field(default=None, metadata={_SPEC: Output(help=help, secret=secret)})


@dataclass(frozen=True)
class Member:
    """An input or output with its name and type, as the generators and readers need it."""

    name: str
    """snake_case, as in Python."""
    type: Any
    """The annotation without ``| None``: str, int, float, bool, tuple[str, ...], or Structure."""
    required: bool
    default: Any
    spec: Any

    @property
    def kebab(self) -> str:
        """The name on GitHub and on the command line."""
        return self.name.replace("_", "-")

    @property
    def camel(self) -> str:
        """The name on Azure Pipelines."""
        return camel_case(self.kebab)

    @property
    def label(self) -> str:
        """The short name in a form."""
        words = " ".join(_WRITTEN.get(word, word) for word in self.name.split("_"))
        return getattr(self.spec, "label", "") or words[0].upper() + words[1:]

    @property
    def default_text(self) -> str:
        """The default as a user writes it; nothing where there is none."""
        if isinstance(self.default, bool):
            return str(self.default).lower()
        if isinstance(self.default, tuple):
            return "\n".join(self.default)
        if isinstance(self.default, float) and self.default.is_integer():
            return str(int(self.default))
        return "" if self.default is None else str(self.default)


def renamed(text: str, members: Iterable[Member], named: Callable[[Member], str]) -> str:
    """The text with kebab-case names of these members replaced by what ``named`` calls them.

    Not within a path, a longer name or quotation marks, where they are somebody else's words.
    """
    names = {member.kebab: named(member) for member in members if "-" in member.kebab}
    return re.sub(
        r"(?<![\w/.'\"-])[a-z]+(?:-[a-z0-9]+)+(?![\w/'\"-])",
        lambda found: names.get(found[0], found[0]),
        text,
    )


def camel_case(name: str) -> str:
    """A kebab-case name as Azure Pipelines has it: ``cluster-id`` -> ``clusterId``."""
    head, *tail = name.split("-")
    return head + "".join(map(str.capitalize, tail))


class Structure:
    """Marks an input that is a list or mapping: JSON or YAML in place, or a file's path.

    In the dataclass the field holds the parsed value (``Any``): annotate it ``Structure``.
    """


@dataclass(frozen=True)
class Operation(Generic[InputsT, OutputsT]):
    """One thing that Modelyard does."""

    name: str
    """kebab-case: the action's and the command's name."""
    title: str
    """Half a sentence, imperative, without a full stop."""
    description: str
    """Full sentences."""
    group: str
    """One of ``manifest.groups.GROUPS``."""
    task_id: str
    """The task's GUID, fixed for ever."""
    inputs: type[InputsT]
    outputs: type[OutputsT]
    run: Callable[[InputsT, Context], OutputsT]
    release: Callable[[dict[str, str], InputsT, Context], None] | None = None
    """Stops what ``run`` kept (``context.keep``) and nobody else owns. Safe to call twice."""
    release_reads_inputs: bool = True
    """Without it the release step reads none, and so none that is wrong by then keeps it from its
    work: ``release`` is given None for them."""
    extra: str = ""
    """The extra of setup.cfg that it needs beside the core."""
    python: tuple[str, str] = ("3.10", "3.13")
    """Oldest and newest Python that it runs on."""
    example: str = ""
    """YAML lines ``input: value`` for the reference page: see ``manifest.examples``."""
    example_environment: tuple[str, ...] = ()
    """Environment variables with secrets that the example needs beside those of the workspace."""
    variables: tuple[str, ...] = ()
    """Variables that it sets for later steps; PATH when it puts a folder in front of it; ``*``
    where its inputs say which."""
    attaches: bool = False
    """It writes to the job summary or keeps artifacts."""

    @property
    def task_name(self) -> str:
        """``ModelyardClusterStart``."""
        return "Modelyard" + "".join(word.capitalize() for word in self.name.split("-"))

    @cached_property
    def input_members(self) -> Sequence[Member]:
        return members(self.inputs)

    @cached_property
    def output_members(self) -> Sequence[Member]:
        return members(self.outputs)


def members(cls: type[Any]) -> tuple[Member, ...]:
    """The declared fields of an inputs or outputs dataclass, in their order."""
    types = typing.get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        if _SPEC not in field.metadata:
            raise TypeError(f"{cls.__name__}.{field.name} isn't declared with given() or result()")
        required = (
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        )
        found.append(
            Member(
                name=field.name,
                type=_without_none(types[field.name]),
                required=required,
                default=None if required else field.default,
                spec=field.metadata[_SPEC],
            )
        )
    return tuple(found)


def _without_none(annotation: Any) -> Any:
    arguments = [one for one in typing.get_args(annotation) if one is not type(None)]
    is_union = type(None) in typing.get_args(annotation)
    return arguments[0] if is_union else annotation
