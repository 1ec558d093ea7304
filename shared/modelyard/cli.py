"""The command ``modelyard``: every operation by its name, and what belongs to a laptop."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from modelyard import __version__, lifeline, operations
from modelyard.ci.console import close_output
from modelyard.ci.detection import detect, hide_private
from modelyard.context import Context
from modelyard.errors import Cancelled, InputError, ModelyardError, OutputClosed
from modelyard.execution import execute, release
from modelyard.operation import Member, Operation
from modelyard.reading import Source, nearest

USAGE = """usage: modelyard OPERATION [--INPUT VALUE ...] [--profile NAME]
       modelyard OPERATION --help
       modelyard run OPERATION          inputs come from the CI system alone
       modelyard release OPERATION ...  stop what the same step of this job started
       modelyard setup github           set up a repository from modelyard.yml (--dry-run shows it)
       modelyard setup azure-devops     set up a project from it
       modelyard local ...              the local cloud and the runner on this machine
       modelyard explain MY012          what an error means, its causes and what to do
       modelyard generate [--check]     write what is made from the declarations
       modelyard --version
"""
HELP = "modelyard --help"
SPECIAL = ("run", "release", "setup", "local", "explain", "generate")
LAPTOP = {
    "local": "modelyard.local",
    "explain": "modelyard.manifest",
    "generate": "modelyard.manifest",
    "setup": "modelyard.project",
}
"""Commands that a task's own wheel doesn't have, each with the package that it needs."""
EXTRAS = {"local": "local", "explain": "local", "generate": "local", "setup": "setup"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # Windows code pages lack most letters
    try:
        code = _dispatched(arguments)
        sys.stdout.flush()  # here, where a reader who has gone can still be told from success
    except ModelyardError as error:
        print(*error.lines(), sep="\n", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except BrokenPipeError:
        close_output()
        return OutputClosed.exit_code
    except Cancelled as error:
        return error.exit_code
    except KeyboardInterrupt:  # before the operation took the signals over
        return 130
    return code


def _dispatched(arguments: list[str]) -> int:
    try:
        return _dispatch(arguments)
    except SystemExit as end:  # how argparse ends
        return end.code if isinstance(end.code, int) else 1


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE + "\noperations:\n" + _table(), end="")  # noqa: T201
        return 0 if arguments else 2
    command, *rest = arguments
    if command == "--version":
        print(f"modelyard {__version__}")  # noqa: T201
        return 0
    if command in LAPTOP:
        return _on_a_laptop(command, rest)
    if command in ("run", "release"):
        if not rest:
            raise InputError(
                f"modelyard {command} needs the name of an operation", fix=f"see {HELP}"
            )
        return _operate(rest[0], rest[1:], command)
    return _operate(command, rest)


def _on_a_laptop(command: str, rest: list[str]) -> int:
    # Imported where they are used: a step of a pipeline pays for every import it doesn't need.
    from importlib.util import find_spec

    if find_spec(LAPTOP[command]) is None:
        raise InputError(
            f"a task's own wheel has no `{command}`",
            fix=f"install the whole package: `pip install modelyard[{EXTRAS[command]}]`",
        )
    if command == "setup":
        from modelyard.project import command as setup

        return setup.main(rest, detect(dict(os.environ), step=command))
    if command == "local":
        # The one place where something outside local/ names it: only a laptop has this extra.
        from modelyard.local import commands

        return commands.main(rest)
    if command == "explain":
        from modelyard.manifest import explaining

        return explaining.main(rest)
    from modelyard import manifest

    return manifest.main(rest)


def _operate(name: str, rest: list[str], command: str = "") -> int:
    if name not in operations.NAMES:
        hint = nearest(name, (*operations.NAMES, *SPECIAL))
        raise InputError(f"there is no operation {name}{hint}", fix=f"see {HELP} for all of them")
    operation = operations.load(name)
    given, profile = _parse(operation, rest)
    call = release if command == "release" else execute
    ci = detect(dict(os.environ), step=name)  # a copy, since this process keeps less of it:
    if command:
        hide_private(os.environ, ci)
        lifeline.hold(os.environ)
    return call(
        operation,
        given,
        ci,
        more_sources=_profile_source(profile),
        # A script step's own inputs (INPUT_SCRIPT ...) aren't those of a command in the script.
        from_ci=bool(command),
        look_up=_look_up,
    )


def _look_up(inputs: Any, context: Context) -> Any:
    from modelyard.operations.inputs import secret_inputs  # few steps have something to look up

    return secret_inputs.looked_up(inputs, context)


def _profile_source(profile: str) -> Sequence[Source]:
    if not profile:
        return ()
    from modelyard.databricks.command_line import profiles

    return (profiles.source(profile, os.environ),)


def _parse(operation: Operation[Any, Any], rest: list[str]) -> tuple[Mapping[str, str], str]:
    parser = _Parser(
        prog=f"modelyard {operation.name}",
        description=operation.description,
        epilog=_secrets_help(operation),
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for member in operation.input_members:
        if member.spec.secret or member.spec.connection:
            continue  # a command line is seen by every process of the machine; and see ``Input``
        parser.add_argument(
            f"--{member.kebab}",
            help=_help(member),
            metavar="|".join(member.spec.choices) or "VALUE",
            action="append" if member.type == tuple[str, ...] else _Once,
            nargs="?" if member.type is bool else None,
            const="true" if member.type is bool else None,
        )
    names = {member.name for member in operation.input_members}
    takes_profile = "workspace_url" in names and "profile" not in names
    if takes_profile:
        parser.add_argument("--profile", default="", help="A profile of ~/.databrickscfg.")
    options, unknown = parser.parse_known_args(rest)
    if complaints := list(_complaints(operation, unknown)):
        parser.error("\n".join(_listed(complaints)))
    values = vars(options)
    profile = values.pop("profile") if takes_profile else ""
    given = {k.replace("_", "-"): v for k, v in values.items() if v is not None}
    return {k: v if isinstance(v, str) else "\n".join(v) for k, v in given.items()}, profile


class _Once(argparse.Action):
    """An option of one value: of two, nobody knows which is meant."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        value: Any,
        option: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice")
        setattr(namespace, self.dest, value)


class _Parser(argparse.ArgumentParser):
    """Its mistakes are errors like any other, without the usage: that names dozens of options."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message, fix=f"see {self.prog} --help")


def _complaints(operation: Operation[Any, Any], unknown: Sequence[str]) -> Iterator[str]:
    """What is wrong with each of the arguments that nobody knows."""
    for before, argument in zip(("", *unknown), unknown, strict=False):
        if argument.startswith("-"):
            yield _complaint(operation, argument.split("=")[0].lstrip("-"))
        elif not before.startswith("-") or "=" in before:  # else it belongs to the one before
            yield "inputs are given as --NAME VALUE; there is a value without a name"


def _listed(complaints: Sequence[str]) -> Sequence[str]:
    if len(complaints) == 1:
        return complaints
    return (f"{len(complaints)} options are wrong:", *(f"  {one}" for one in complaints))


def _complaint(operation: Operation[Any, Any], flag: str) -> str:
    """What is wrong with an option; never its value, which may be a secret."""
    for member in operation.input_members:
        if member.spec.secret and member.kebab == flag:
            names = " or ".join(member.spec.environment) or "an environment variable"
            return f"--{flag} is a secret and isn't taken from a command line: set {names}"
    known = [
        f"--{member.kebab}"
        for member in operation.input_members
        if not member.spec.secret and not member.spec.connection
    ]
    return f"there is no input --{flag}{nearest(f'--{flag}', known)}"


def _secrets_help(operation: Operation[Any, Any]) -> str:
    secrets = [member for member in operation.input_members if member.spec.secret]
    rows = [f"  {' or '.join(m.spec.environment):44} {m.spec.help}" for m in secrets]
    return "\n".join(["secrets, taken from the environment only:", *rows]) if rows else ""


def _help(member: Member) -> str:
    default = member.default_text.replace("\n", ", ")
    required = "Required. " if member.required else ""
    shown = f" Default: {default}." if default else ""
    return f"{required}{member.spec.help}{shown}".replace("%", "%%")


def _table() -> str:
    rows = [(name, operations.load(name).title) for name in operations.NAMES]
    return "".join(f"  {name:18} {title}\n" for name, title in rows)
