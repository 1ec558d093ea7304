"""The reference pages of the templates, made from the YAML itself: parameters, inputs, outputs.

A page says what the comment at the head of its file says, and what the file declares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modelyard.manifest.wording import code, table
from modelyard.manifest.written import MARK

AZURE = "templates/azure-pipelines"
FOLDERS = {
    "stages": "Stages: what most pipelines use.",
    "jobs": "Jobs: for stages of your own.",
    "steps": "Steps: for jobs of your own.",
    "variables": "Variables: the defaults of the others.",
}
GITHUB = ".github/workflows"
REUSABLE = "Workflows of GitHub that are called from others."
PARAMETERS = ("parameter", "what it is", "type", "default")
INPUTS = ("input", "what it is", "type", "default")


@dataclass(frozen=True)
class Template:
    """One file of templates, read."""

    path: str
    """From the repository's root."""
    about: str
    """The comment at its head, as Markdown."""
    document: Mapping[str, Any]

    @property
    def title(self) -> str:
        """``stages/train.yml``; with its whole path on GitHub."""
        return self.path.removeprefix(f"{AZURE}/")

    @property
    def page(self) -> str:
        """The name of its page: ``stages-train.md``."""
        folder, _, name = self.title.removeprefix(".github/").removesuffix(".yml").rpartition("/")
        return f"{folder}-{name}.md"


def workflow_inputs(root: Path) -> str:
    """JSON of the inputs that each reusable workflow takes, by the name of its file."""
    found = {
        one.path.rpartition("/")[2]: sorted((call.get("inputs") or {}).keys())
        for one in _read(root, GITHUB)
        if (call := _call(one)) is not None
    }
    return json.dumps(found, indent=2) + "\n"


def pages(root: Path) -> dict[str, str]:
    """Every page and their index, by path from the root."""
    found = {folder: list(_read(root, f"{AZURE}/{folder}")) for folder in FOLDERS}
    called = [one for one in _read(root, GITHUB) if _call(one) is not None]
    every = [one for group in found.values() for one in group] + called
    made = {f"docs/reference/templates/{one.page}": _page(one) for one in every}
    if made:
        groups = [(FOLDERS[folder], group) for folder, group in found.items()]
        made["docs/reference/templates/README.md"] = _index([*groups, (REUSABLE, called)])
    return made


def _read(root: Path, folder: str) -> Iterator[Template]:
    for file in sorted((root / folder).glob("*.yml")):
        text = file.read_text(encoding="utf-8")
        path = file.relative_to(root).as_posix()
        yield Template(path, _head(text), yaml.safe_load(text))


def _head(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].removeprefix(" "))
    return "\n".join(lines)


def _call(template: Template) -> Mapping[str, Any] | None:
    """``workflow_call`` of a workflow. YAML 1.1 reads the key ``on`` as true."""
    events = template.document.get("on", template.document.get(True))  # type: ignore[call-overload]
    if not isinstance(events, Mapping) or "workflow_call" not in events:
        return None
    return events["workflow_call"] or {}


def _index(groups: Sequence[tuple[str, Sequence[Template]]]) -> str:
    parts = [f"# Templates\n\n<!-- {MARK} -->\n"]
    for heading, templates in groups:
        if templates:
            rows = [(f"[{code(one.title)}]({one.page})", _first(one.about)) for one in templates]
            title, _, rest = heading.partition(": ")
            about = f"{rest[0].upper()}{rest[1:]}\n\n" if rest else ""
            parts.append(f"## {title.rstrip('.')}\n\n{about}{table(('file', 'what it is'), rows)}")
    return "\n".join(parts)


def _first(about: str) -> str:
    """The first sentence."""
    text = " ".join(about.partition("\n\n")[0].split())
    return text if ". " not in text else f"{text.partition('. ')[0]}."


def _page(template: Template) -> str:
    parts = [f"# {template.title}\n\n<!-- {MARK} -->\n\n{template.about}\n"]
    call = _call(template)
    if call is None:
        rows = [_parameter(one) for one in template.document.get("parameters", ())]
        parts.append(f"## Parameters\n\n{_table(PARAMETERS, rows)}")
        return "\n".join(parts)
    rows = [_input(name, one) for name, one in call.get("inputs", {}).items()]
    parts.append(f"## Inputs\n\n{_table(INPUTS, rows)}")
    if secrets := call.get("secrets"):
        told = [(code(name), one["description"]) for name, one in secrets.items()]
        parts.append(f"## Secrets\n\n{table(('secret', 'what it is'), told)}")
    if outputs := call.get("outputs"):
        told = [(code(name), one["description"]) for name, one in outputs.items()]
        parts.append(f"## Outputs\n\n{table(('output', 'what it is'), told)}")
    return "\n".join(parts)


def _table(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    return table(columns, rows) if rows else "It has none.\n"


def _parameter(one: Mapping[str, Any]) -> tuple[str, ...]:
    kind = " or ".join(map(code, map(_text, one["values"]))) if "values" in one else one["type"]
    default = _default(one["default"]) if "default" in one else "required"
    return code(one["name"]), f"{one['displayName']}.", kind, default


def _input(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    default = "required" if one.get("required") else _default(one.get("default", ""))
    return code(name), f"{one['description']}.", one["type"], default


def _default(value: Any) -> str:
    return "" if value in ("", [], {}) and value is not False else code(_text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
