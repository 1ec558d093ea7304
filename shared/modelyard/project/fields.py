"""Reading the sections of ``modelyard.yml``: every mistake of a file is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelyard.documentation import page
from modelyard.errors import FileError
from modelyard.project.document import Value, kebab
from modelyard.project.secret_values import SecretReference, secret_reference
from modelyard.reading import nearest


class Mistakes:
    """What is wrong with a file."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, value: Value, what: str) -> None:
        """Told once, however often it is found."""
        if (found := (value.where, what)) not in self._found:
            self._found.append(found)

    def check(self) -> None:
        """:raises FileError: one for all of them, with the place of the first."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda one: _line(one[0]))
        lines = [f"{where}: {what}" for where, what in found]
        what = lines[0] if len(lines) == 1 else _listed(lines)
        error = FileError(what, fix=f"{page('setup')} lists every key")
        if line := _line(found[0][0]):
            error.file, error.line = found[0][0].rpartition(":")[0], line
        raise error


def _line(where: str) -> int:
    return Value(None, where).line


def _listed(lines: Sequence[str]) -> str:
    return "\n".join([f"{len(lines)} things are wrong:", *(f"  {line}" for line in lines)])


class Section:
    """One mapping of the file, whose keys are known.

    :param path: how the file gets there: ``azure-devops.pipelines[0]``.
    :param known: its keys, in kebab-case; another one is a mistake.
    """

    def __init__(self, value: Value, path: str, known: Sequence[str], mistakes: Mistakes) -> None:
        self.value = value
        self.path = path
        self.mistakes = mistakes
        self._fields: dict[str, Value] = {}
        if not isinstance(value.content, dict):
            mistakes.add(value, f"{path} isn't a mapping")
            return
        for key, one in value.content.items():
            spelt = kebab(key)
            if spelt not in known:
                meant = nearest(spelt, known) or f"; there are {', '.join(known)}"
                self.mistakes.add(one, f"there is no key {self.named(key)}{meant}")
            elif spelt in self._fields:
                self.mistakes.add(one, f"{self.named(key)} is there in both spellings")
            else:
                self._fields[spelt] = one

    def named(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, what: str) -> None:
        """A mistake of what stands below a key."""
        self.mistakes.add(self.at(key), f"{self.named(key)} {what}")

    def at(self, key: str) -> Value:
        """What stands below a key, or else this section's own place."""
        return self._fields.get(key, self.value)

    def has(self, key: str) -> bool:
        """Whether the key is there and holds something."""
        return key in self._fields and self._fields[key].content is not None

    def text(
        self, key: str, default: str = "", *, required: bool = False, choices: Sequence[str] = ()
    ) -> str:
        """A text; numbers and truth values are texts here too."""
        if not self.has(key):
            if required and isinstance(self.value.content, dict):
                self.mistakes.add(self.value, f"{self.named(key)} is missing")
            return default
        text = plain_text(self._fields[key])
        if text is None or not text.strip():
            self.wrong(key, "isn't a text" if text is None else "is empty")
            return default
        if choices and text not in choices:
            self.wrong(key, f"is {text}, not one of {', '.join(choices)}{nearest(text, choices)}")
        return text

    def line(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A text that stands in a command or a comment: of one line, without control characters."""
        text = self.text(key, default, required=required)
        if not text.isprintable():
            self.wrong(key, f"is {text!r}, with a line break or another control character")
            return default
        return text

    def number(self, key: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number."""
        if not self.has(key):
            return default
        found = self._fields[key].content
        if isinstance(found, bool) or not isinstance(found, int):
            self.wrong(key, "isn't a whole number")
            return default
        if found < least or (most is not None and found > most):
            self.wrong(key, f"is {found}, not {least} to {most or 'more'}")
        return found

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        if not self.has(key):
            return default
        found = self._fields[key].content
        if not isinstance(found, bool):
            self.wrong(key, "isn't true or false")
            return default
        return found

    def items(self, key: str) -> tuple[Value, ...]:
        """What a list holds, each with its place; one thing is a list of one."""
        if not self.has(key):
            return ()
        content = self._fields[key].content
        return content if isinstance(content, tuple) else (self._fields[key],)

    def texts(self, key: str, *, once: bool = False) -> tuple[str, ...]:
        """A list of texts; one text is a list of one.

        :param once: none may be there twice, in any case.
        """
        found: dict[str, str] = {}
        for at, item in enumerate(self.items(key)):
            text = plain_text(item)
            if text is None or not text.strip():
                what = "isn't a text" if text is None else "is empty"
                self.mistakes.add(item, f"{self.named(key)}[{at}] {what}")
            elif once and text.lower() in found:
                self.mistakes.add(item, f"{self.named(key)} has {text} twice")
            else:
                found[text.lower() if once else str(at)] = text
        return tuple(found.values())

    def section(self, key: str, known: Sequence[str]) -> Section | None:
        """A mapping whose keys are known; None when there is none."""
        if not self.has(key):
            return None
        return Section(self._fields[key], self.named(key), known, self.mistakes)

    def sections(
        self, key: str, known: Sequence[str], *, once: str = "", any_case: bool = True
    ) -> list[Section]:
        """A list of such mappings.

        :param once: the key by which they are told apart.
        :param any_case: whether its values are the same whatever their case.
        """
        if not self.has(key):
            return []
        content = self._fields[key].content
        if not isinstance(content, tuple):
            self.wrong(key, "isn't a list")
            return []
        found = [
            Section(one, f"{self.named(key)}[{at}]", known, self.mistakes)
            for at, one in enumerate(content)
        ]
        names: dict[str, str] = {}
        for one in found if once else ():
            name = plain_text(one.at(once)) if one.has(once) else ""
            known_as = (name or "").lower() if any_case else name
            if known_as and (before := names.setdefault(known_as, one.path)) != one.path:
                one.wrong(once, f"is {name}, as that of {before} is")
        return found

    def entries(self, key: str) -> Iterator[tuple[str, Value]]:
        """A mapping with names of the user's own, each with what stands below it."""
        if not self.has(key):
            return
        content = self._fields[key].content
        if not isinstance(content, dict):
            self.wrong(key, "isn't a mapping")
            return
        yield from content.items()

    def text_if_given(self, key: str) -> str | None:
        """A text; None where the file leaves it open: then what is there stays."""
        return self.text(key) if self.has(key) else None

    def plain_values(self, key: str) -> dict[str, str]:
        """A mapping of the user's own names to texts."""
        found: dict[str, str] = {}
        for name, value in self.entries(key):
            text = plain_text(value)
            if text is None:
                self.mistakes.add(value, f"{self.named(key)}.{name} isn't a text")
            else:
                found[name] = text
        return found

    def secrets(self, key: str) -> dict[str, SecretReference]:
        """A mapping of the user's own names to references of secrets; never to secrets."""
        found: dict[str, SecretReference] = {}
        for name, value in self.entries(key):
            reference = secret_reference(value.content)
            if isinstance(reference, SecretReference):
                found[name] = reference
            else:
                self.mistakes.add(value, f"{self.named(key)}.{name} {reference}")
        return found


def plain_text(value: Value) -> str | None:
    """A scalar as it is written: ``3.10`` and ``on`` stay so. None for anything else."""
    if isinstance(value.content, str):
        return value.content
    return value.written if isinstance(value.content, (int, float)) else None
