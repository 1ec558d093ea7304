"""XML that others wrote: read without document types, so that no entity can grow or reach out."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree


class XmlError(Exception):
    """A file can't be read as XML; the message says why, not which."""


class _WithoutDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called where a document type is declared."""
        del pubid, system
        raise XmlError(f"it declares a document type ({name}), which isn't read")


class _Plain(_WithoutDoctype):
    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        """Names without their namespaces: formats are told by names alone."""
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> ElementTree.Element:
        return super().end(tag.rpartition("}")[2])


def read_xml(path: Path, *, system_doctype: bool = False) -> ElementTree.Element:
    """The root of a file, its names without namespaces.

    :param system_doctype: skip a document type that only names a definition elsewhere, which is
        never fetched; Cobertura and JaCoCo write one. Entities stay refused.
    :raises XmlError: when it can't be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise XmlError(f"it can't be read: {error.strerror}") from None
    if system_doctype and b"<!ENTITY" not in data:
        parser = ElementTree.XMLParser(target=_AnyDoctype())  # noqa: S314 - no entity is in it
    else:
        parser = ElementTree.XMLParser(target=_Plain())  # noqa: S314 - doctypes are refused
    try:
        parser.feed(data)
        root = parser.close()
    except ElementTree.ParseError as error:
        raise XmlError(f"it isn't XML: {error}") from None
    assert isinstance(root, ElementTree.Element)
    return root


class _AnyDoctype(_Plain):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Nothing is done with it."""


def number(element: ElementTree.Element, name: str) -> float:
    """An attribute that counts something: at least 0, and 0 where it is none."""
    try:
        value = float(element.get(name, "0"))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and value >= 0 else 0.0


def inner_text(element: ElementTree.Element | None) -> str:
    """All text below an element, trimmed; empty where there is none."""
    return "" if element is None else "".join(element.itertext()).strip()
