from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.coverage import FileCoverage
from modelyard.local.runner.builtin.step import StepFailed

if TYPE_CHECKING:
    from .conftest import Bench

COBERTURA = """<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>
<coverage lines-valid="4" lines-covered="3" branches-valid="2" branches-covered="1">
<packages><package><classes><class filename="a.py"><lines><line number="1" hits="1"/>
<line number="2" hits="0"/></lines></class><class filename="b.py"><lines>
<line number="1" hits="2"/><line number="3" hits="1"/></lines></class></classes></package>
</packages></coverage>"""
JACOCO = """<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
<report name="r"><package name="com/x"><sourcefile name="A.java">
<counter type="LINE" missed="1" covered="3"/></sourcefile></package>
<counter type="LINE" missed="1" covered="3"/><counter type="BRANCH" missed="2" covered="2"/>
</report>"""


def test_version_2_tells_both_formats_and_adds_them(bench: Bench) -> None:
    (bench.sources / "c.xml").write_text(COBERTURA)
    (bench.sources / "j.xml").write_text(JACOCO)
    bench.run("PublishCodeCoverageResults@2", {"summaryFileLocation": "c.xml\n**/j.xml"})
    (coverage,) = bench.coverage
    assert (coverage.lines_covered, coverage.lines_total) == (6, 8)
    assert (coverage.branches_covered, coverage.branches_total) == (3, 6)
    assert coverage.files == (
        FileCoverage("a.py", 1, 2),
        FileCoverage("b.py", 2, 2),
        FileCoverage("com/x/A.java", 3, 4),
    )
    assert "6 of 8 lines are covered (75.0%)" in bench.lines


def test_version_1_takes_one_and_knows_the_report(bench: Bench) -> None:
    for name in ("one", "two"):
        (bench.sources / name).mkdir()
        (bench.sources / name / "c.xml").write_text(COBERTURA)
    (bench.sources / "html").mkdir()
    inputs = {
        "codeCoverageTool": "Cobertura",
        "summaryFileLocation": "**/c.xml",
        "reportDirectory": "html/",
    }
    bench.run("PublishCodeCoverageResults@1", inputs)
    (coverage,) = bench.coverage
    assert coverage.lines_total == 4
    assert coverage.report == bench.sources / "html"
    assert bench.issues("warning") == [
        f"2 paths match **/c.xml; {bench.sources / 'one' / 'c.xml'} is taken"
    ]


@pytest.mark.parametrize("major", ["1", "2"])
def test_nothing_found(bench: Bench, major: str) -> None:
    task, inputs = f"PublishCodeCoverageResults@{major}", {"summaryFileLocation": "no.xml"}
    bench.run(task, inputs)
    assert bench.issues("warning") == ["no code coverage was found at no.xml"]
    with pytest.raises(StepFailed, match="no code coverage"):
        bench.run(task, inputs | {"failIfCoverageEmpty": "true"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<x/>", "neither Cobertura's nor JaCoCo's"),
        ("<coverage", "isn't XML"),
        ('<!DOCTYPE coverage [<!ENTITY a "b">]><coverage/>', "declares a document type"),
    ],
)
def test_a_file_of_another_kind_fails(bench: Bench, text: str, why: str) -> None:
    (bench.sources / "c.xml").write_text(text)
    with pytest.raises(StepFailed, match=why):
        bench.run("PublishCodeCoverageResults@2", {"summaryFileLocation": "c.xml"})
