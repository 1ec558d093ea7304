"""Inputs from text: the same rules on the command line, Azure Pipelines and GitHub."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from modelyard.errors import FileError, InputError, ModelyardError
from modelyard.operation import Member, Operation, Structure, members

T = TypeVar("T")
Source = Callable[[Member], str | None]
"""Looks one input up; None when this source doesn't have it."""

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
_FILE = re.compile(r"(?![\[{]|- )(?:(?!: ).)+\.(?:json|ya?ml)", re.IGNORECASE)
"""One line that is a path, not ``key: value.json`` and not JSON."""


def read_inputs(
    operation: Operation[T, Any],
    sources: Iterable[Source],
    unknown: Sequence[str] = (),
    *,
    named: Callable[[Member], str] = lambda member: member.kebab,
) -> T:
    """Build the inputs: each from the first source that has it, else its default.

    :param unknown: names that were given and that nobody declares.
    :param named: what an input is called where this runs, for messages.
    :raises InputError: one for all that is wrong, so that one run shows every mistake.
    """
    sources = tuple(sources)
    found = operation.input_members
    problems: list[ModelyardError] = [
        InputError(f"there is no input {name}{nearest(name, map(named, found))}")
        for name in unknown
    ]
    values: dict[str, Any] = {}
    for member in found:
        try:
            values[member.name] = _value(member, sources, named(member))
        except (InputError, FileError) as error:
            problems.append(error)
    fix = f"modelyard {operation.name} --help says what each input takes"
    if len(problems) == 1:
        problems[0].fix = problems[0].fix or fix
        raise problems[0]
    if problems:
        lines = (f"  {problem.what}" for problem in problems)
        raise InputError("\n".join([f"{len(problems)} inputs are wrong:", *lines]), fix=fix)
    return operation.inputs(**values)


def _value(member: Member, sources: Iterable[Source], name: str) -> Any:
    text = next((t for source in sources if (t := source(member)) is not None), None)
    if text is not None and (text.strip() or member.spec.guards):
        return parse(member, text, name)
    if member.required:
        variables = ", ".join(member.spec.environment)
        nor = f" (nor is {variables} set)" if variables else ""
        choices = f": one of {', '.join(member.spec.choices)}" if member.spec.choices else ""
        raise InputError(f"{name} is missing or empty{nor}{choices}")
    return member.default


def parse(member: Member, text: str, name: str = "") -> Any:
    """The value of one input.

    :param name: what the input is called here, for messages; its kebab-case name when empty.
    :raises InputError: when the text doesn't fit the type or isn't among the choices.
    :raises FileError: when a structured input names a file that can't be read.
    """
    name, stripped = name or member.kebab, text.strip()
    choices = member.spec.choices
    if choices and stripped not in choices:
        listed = ", ".join(choices)
        raise InputError(f"{name} is {stripped!r}, not one of {listed}{nearest(stripped, choices)}")
    if member.type is bool:
        return _boolean(name, stripped)
    if member.type in (int, float):
        return _number(name, stripped, member.type)
    if member.type is Structure:
        return _structured(member, name, text)
    if member.spec.guards:
        return allowed(name, text)
    if member.type == tuple[str, ...]:
        return texts(name, text, secret=member.spec.secret)
    if member.spec.multiline:
        return text
    # A blank may belong to a password; the line end comes from ``echo`` or an editor.
    return text.strip("\r\n") if member.spec.secret else stripped


def _structured(member: Member, name: str, text: str) -> Any:
    value, line = structure(name, text, secret=member.spec.secret), text.strip()
    if not isinstance(value, (list, dict)):
        if member.spec.names and not _FILE.fullmatch(line):
            return re.split(r"[,\s]+", line.strip(","))
        if _FILE.fullmatch(line):
            raise FileError(
                f"{line} holds neither a list nor a mapping, in YAML or JSON",
                fix="correct the file: the operation's page shows what it holds",
            )
        raise InputError(
            f"{name} is neither a list nor a mapping, in YAML or JSON",
            fix="a mapping is NAME: VALUE, one a line, with a blank behind the colon and no =; "
            "a list is [A, B]",
        )
    return value


def _boolean(name: str, text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise InputError(f"{name} is {text!r}, not true or false")


def _number(name: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        value = kind(text)
    except ValueError:
        raise InputError(
            f"{name} is {text!r}, not a {'whole ' if kind is int else ''}number"
        ) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} is {text!r}, not a finite number")
    return value


def texts(name: str, text: str, *, secret: bool = False) -> tuple[str, ...]:
    """Several texts, one a line or as a list.

    :raises InputError: for a list that holds something else.
    """
    if not text.strip().startswith("["):
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    value = structure(name, text, secret=secret)
    if not isinstance(value, list) or any(isinstance(item, (list, dict)) for item in value):
        raise InputError(f"{name} is not a list of texts")
    return tuple(to_text(item) for item in value)


def allowed(name: str, text: str) -> tuple[str, ...]:
    """Several texts that alone are allowed; none where nothing is given, which allows everything.

    :raises InputError: for a list that holds nothing, which would do so unseen.
    """
    found = texts(name, text)
    if text and not any(one.strip() for one in found):
        raise InputError(
            f"{name} is given and holds nothing: everything would be allowed",
            fix=f"name what is allowed, or leave {name} out; where a variable fills it, look at it",
        )
    return found


def structure(name: str, text: str, *, secret: bool = False) -> Any:
    """JSON or YAML, in place or in a file that a single line names.

    :param secret: keep the parser's own words, which quote the text, out of the message.
    :raises FileError: with line and column of the mistake.
    """
    where, line = f"input {name}", text.strip()
    if _FILE.fullmatch(line):
        where = line
        text = _contents(name, line)
    with suppress(ValueError, RecursionError):
        return json.loads(text)  # first: YAML takes its escapes and a few letters otherwise
    from modelyard import plain_yaml

    try:
        value = plain_yaml.load(text)
        json.dumps(value, default=str)  # a YAML alias may make a value part of itself
        return value
    except plain_yaml.Mistake as mistake:
        at = f":{mistake.line}:{mistake.column}" if mistake.line else ""
        problem = "not valid" if secret else mistake.problem
        failure = FileError(
            f"{where}{at}: this isn't YAML or JSON: {problem}", fix="correct it at that place"
        )
        if where == line and mistake.line:
            failure.file, failure.line = line, mistake.line
        raise failure from None
    except (RecursionError, ValueError):
        raise FileError(
            f"{where}: this is nested too deep, or refers to itself",
            fix="write it without references to what is above",
        ) from None


def _contents(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(
            f"input {name} names {path}, which can't be read: {error.strerror}",
            fix="give the path from the working directory, or the text itself",
        ) from None
    except UnicodeDecodeError:
        raise FileError(f"{path} isn't UTF-8 text", fix="save it as UTF-8") from None


def mapping_source(values: Mapping[str, str]) -> Source:
    """Inputs by their kebab-case names; empty is unset."""
    return lambda member: values.get(member.kebab) or None


def environment_source(environment: Mapping[str, str]) -> Source:
    """Inputs by the environment variables that their declaration names; empty is unset."""

    def look(member: Member) -> str | None:
        for name in member.spec.environment:
            if value := environment.get(name, ""):
                return defined(name, value)
        return None

    return look


def defined(name: str, value: str) -> str:
    """The value, unless it is the name of a pipeline variable that the agent put nothing for.

    :raises InputError: then; it would go to a service as if it were meant.
    """
    if macro := re.fullmatch(r"\s*\$\(([^()]+)\)\s*", value):
        raise InputError(
            f"{name} is {macro[0].strip()}: this job has no variable {macro[1]}",
            fix=f"link the variable group that has it (variables: - group: NAME), or set it in the "
            f"pipeline; modelyard local run takes --secret {macro[1]}",
        )
    return value


def to_text(value: Any) -> str:
    """An output as text: JSON for structures, true and false for booleans."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean NAME?)``, or nothing."""
    import difflib  # only now: most steps make no mistake

    spelt = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), list(spelt), n=1)
    if not near and len(name) >= 3:  # prod is far from production by its letters
        near = [one for one in spelt if one.startswith(name.lower())]
    return f" (did you mean {spelt[near[0]]}?)" if near else ""


def nearest_path(path: Path) -> str:
    """`` (did you mean PATH?)`` of a file beside it that is spelt alike, or nothing."""
    try:
        beside = [one.name for one in path.parent.iterdir()]
    except OSError:
        return ""
    return nearest(path.name, [one for one in beside if not one.startswith(".")])


def secrets_of(inputs: Any) -> list[str]:
    """The values of the secret inputs that are set; of a structure every text and number in it."""
    return [
        text
        for member in members(type(inputs))
        if member.spec.secret
        for text in _texts(getattr(inputs, member.name))
    ]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool) and str(value):
        yield str(value)
