"""Cobertura's and JaCoCo's summary files.

Source: the formats themselves: cobertura.github.io (``coverage-04.dtd``), jacoco.org
(``report.dtd``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from modelyard.local.runner.builtin.coverage import Coverage, FileCoverage
from modelyard.local.runner.builtin.xml_file import XmlError, number, read_xml


def read_coverage(paths: Iterable[Path], *, report: Path | None = None) -> Coverage:
    """What the files say together. A file that two of them know is counted twice, as they are.

    :raises XmlError: when one of them is in neither format; the message names it.
    """
    lines = branches = (0, 0)
    files: list[FileCoverage] = []
    summaries = tuple(paths)
    for path in summaries:
        try:
            root = read_xml(path, system_doctype=True)
        except XmlError as error:
            raise XmlError(f"{path}: {error}") from None
        if root.tag == "coverage":
            own = list(_cobertura_files(root))
            own_lines = _cobertura_lines(root, own)
            own_branches = _counts(root, "branches-covered", "branches-valid")
        elif root.tag == "report":
            own = list(_jacoco_files(root))
            own_lines, own_branches = _counter(root, "LINE"), _counter(root, "BRANCH")
        else:
            raise XmlError(f"{path}: its root is {root.tag}, neither Cobertura's nor JaCoCo's")
        lines = (lines[0] + own_lines[0], lines[1] + own_lines[1])
        branches = (branches[0] + own_branches[0], branches[1] + own_branches[1])
        files += own
    return Coverage(*lines, *branches, files=tuple(files), summaries=summaries, report=report)


def _cobertura_lines(root: Element, files: Iterable[FileCoverage]) -> tuple[int, int]:
    if root.get("lines-valid") is not None:
        return _counts(root, "lines-covered", "lines-valid")
    counted = list(files)  # old writers give rates only
    return sum(one.covered for one in counted), sum(one.total for one in counted)


def _cobertura_files(root: Element) -> Iterator[FileCoverage]:
    hits: dict[str, dict[str, bool]] = {}
    for one in root.iter("class"):
        lines = hits.setdefault(one.get("filename", one.get("name", "")), {})
        for line in one.findall("lines/line"):
            place = line.get("number", "")
            lines[place] = lines.get(place, False) or number(line, "hits") > 0
    for path, lines in hits.items():
        yield FileCoverage(path, sum(lines.values()), len(lines))


def _jacoco_files(root: Element) -> Iterator[FileCoverage]:
    for package in root.iter("package"):
        for source in package.findall("sourcefile"):
            name = "/".join(filter(None, (package.get("name"), source.get("name"))))
            yield FileCoverage(name, *_counter(source, "LINE"))


def _counter(element: Element, kind: str) -> tuple[int, int]:
    found = element.find(f"counter[@type='{kind}']")
    if found is None:
        return 0, 0
    covered = int(number(found, "covered"))
    return covered, covered + int(number(found, "missed"))


def _counts(element: Element, covered: str, total: str) -> tuple[int, int]:
    return int(number(element, covered)), int(number(element, total))
