"""Which libraries are asked for: from a list of requirements, paths and REST objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.errors import InputError

KINDS = ("pypi", "whl", "jar", "maven", "cran", "requirements", "egg")
"""Kinds of library (REST reference, "Managed libraries", ``Library``)."""
_PATHS = {".whl": "whl", ".jar": "jar", ".egg": "egg", ".txt": "requirements"}
_REMOTE = ("/Workspace/", "/Volumes/", "dbfs:/", "abfss://", "s3://", "gs://", "wasbs://")
_NAME_OF_KIND = {"pypi": "package", "cran": "package", "maven": "coordinates"}
_REQUIREMENT = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?")


@dataclass(frozen=True)
class Library:
    """One library, the way the REST API names it. Equal when the specification is the same."""

    key: str
    """The object as JSON, in one spelling."""

    @property
    def body(self) -> dict[str, Any]:
        """The object for the REST API."""
        found: dict[str, Any] = json.loads(self.key)
        return found

    @property
    def kind(self) -> str:
        """One of KINDS, or what the service calls a kind this version doesn't know."""
        return next(iter(self.body), "nothing")

    @property
    def title(self) -> str:
        """How messages call it: ``pypi azureml-sdk[databricks]==1.0.45``."""
        value = self.body.get(self.kind)
        if isinstance(value, Mapping):
            value = value.get(_NAME_OF_KIND.get(self.kind, ""), value)
        return f"{self.kind} {value}"

    @property
    def project(self) -> str:
        """Name of the project on a package index, in one spelling; "" of other kinds."""
        if self.kind != "pypi":
            return ""
        match = _REQUIREMENT.match(self.body["pypi"]["package"])
        return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def of(body: Mapping[str, Any]) -> Library:
    """The library that a REST object names; white space and order of fields don't count."""
    found: dict[str, Any] = {}
    for kind, value in body.items():
        if isinstance(value, Mapping):
            fields = {k: v for k, v in value.items() if v not in (None, "", [])}
            name = _NAME_OF_KIND.get(kind, "")
            if isinstance(fields.get(name), str):
                fields[name] = _without_blanks(fields[name])
            found[kind] = fields
        elif value is not None:
            found[kind] = value
    return Library(json.dumps(found, sort_keys=True))


def _without_blanks(requirement: str) -> str:
    """``name == 1.0`` as ``name==1.0``; a marker (``; python_version ...``) needs its blanks."""
    package, semicolon, marker = requirement.partition(";")
    return re.sub(r"\s+", "", package) + semicolon + marker.rstrip()


def parse(value: Any, where: str = "libraries") -> tuple[Library, ...]:
    """Libraries from a parsed structure, each once, in their order.

    :param value: a list, or an object with the list under ``libraries`` (the body of
        ``libraries/install``). Items are objects of the REST API, or texts: a requirement
        (``name==1.0``), or the path of a wheel, jar or requirements file where a cluster sees it.
    :raises InputError: naming the item that is wrong.
    """
    items = value.get("libraries") if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        raise InputError(
            f"{where} isn't a list", fix='write one library a line: "- name==1.0", or a JSON array'
        )
    found: dict[Library, None] = {}
    for number, item in enumerate(items, start=1):
        found[_item(item, f"{where}, item {number}")] = None
    return tuple(found)


def _item(item: Any, where: str) -> Library:
    if isinstance(item, str):
        return of(_from_text(item.strip(), where))
    if not isinstance(item, Mapping) or len(item) != 1:
        raise InputError(
            f"{where} is {item!r}", fix=f"give a text, or an object with one of {', '.join(KINDS)}"
        )
    kind, value = next(iter(item.items()))
    if kind not in KINDS:
        raise InputError(f"{where} has the kind {kind}, not one of {', '.join(KINDS)}")
    name = _NAME_OF_KIND.get(kind)
    if name is None:
        return of(_from_path(kind, value, where))
    if not isinstance(value, Mapping) or not value.get(name):
        raise InputError(f"{where}: {kind} needs {name}, as in {{{kind}: {{{name}: ...}}}}")
    if kind == "pypi":
        _check_requirement(str(value[name]), where)
    return of(item)


def _from_text(text: str, where: str) -> dict[str, Any]:
    kind = next((kind for end, kind in _PATHS.items() if text.endswith(end)), "")
    if kind:
        return _from_path(kind, text, where)
    _check_requirement(text, where)
    return {"pypi": {"package": text}}


def _from_path(kind: str, path: Any, where: str) -> dict[str, Any]:
    if not isinstance(path, str) or not path.startswith(_REMOTE):
        raise InputError(
            f"{where} is {path!r}, which no cluster can see",
            fix="upload the file with files-upload and give its path there "
            "(/Workspace/..., /Volumes/... or dbfs:/...)",
        )
    return {kind: path}


def _check_requirement(text: str, where: str) -> None:
    if text.startswith("git+https://"):
        return
    match = _REQUIREMENT.match(text)
    rest = text[match.end() :].strip() if match else ""
    if match is None or (rest and not rest.startswith(("=", "<", ">", "!", "~", "@", ";"))):
        raise InputError(
            f"{where} is {text!r}, which is no requirement",
            fix="write name==1.0; for Maven {maven: {coordinates: group:artifact:version}}",
        )
