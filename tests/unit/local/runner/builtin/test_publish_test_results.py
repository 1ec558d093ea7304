from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelyard.local.runner.builtin.step import StepFailed
from modelyard.local.runner.builtin.test_run import Outcome

if TYPE_CHECKING:
    from .conftest import Bench

JUNIT = """<testsuites><testsuite name="pytest" time="2">
<testcase classname="tests.a" name="good" time="0.5"/>
<testcase classname="tests.a" name="bad" time="1.5"><failure message="no &lt;b&gt;">trace</failure>
<system-out>printed</system-out></testcase>
<testcase classname="tests.a" name="broken" time="x"><error message="boom"/></testcase>
<testcase classname="tests.b" name="left"><skipped message="why"/></testcase>
</testsuite></testsuites>"""
NUNIT2 = """<test-results name="it.dll"><test-suite><results>
<test-case name="A.b" time="0.1" result="Success"/>
<test-case name="A.c" time="0.1" result="Ignored"/>
<test-case name="A.d" result="Failure"><failure><message>m</message><stack-trace>s</stack-trace>
</failure></test-case></results></test-suite></test-results>"""
NUNIT3 = """<test-run><test-suite type="Assembly" name="it.dll">
<test-case name="b" fullname="N.A.b" duration="0.25" result="Passed"/>
<test-case name="c" fullname="N.A.c" result="Failed"><failure><message>m</message></failure>
</test-case><test-case name="d" fullname="N.A.d" result="Skipped"/>
<test-case name="e" fullname="N.A.e" result="Inconclusive"/></test-suite></test-run>"""
XUNIT = r"""<assemblies><assembly name="C:\x\it.dll"><collection>
<test name="N.A.b" method="b" time="0.5" result="Pass"/>
<test name="N.A.c" method="c" result="Fail"><failure><message>m</message></failure></test>
<test name="N.A.d" method="d" result="Skip"/></collection></assembly></assemblies>"""
TRX = """<TestRun name="run 1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
<Results><UnitTestResult testId="1" testName="b" outcome="Passed" duration="00:01:01.5"/>
<UnitTestResult testId="2" testName="c" outcome="Failed"><Output><ErrorInfo><Message>m</Message>
<StackTrace>s</StackTrace></ErrorInfo></Output></UnitTestResult>
<UnitTestResult testId="3" testName="d" outcome="NotExecuted"/></Results>
<TestDefinitions><UnitTest id="1"><TestMethod className="N.A, it" name="b"/></UnitTest>
</TestDefinitions></TestRun>"""
CTEST = """<Site><Testing><Test Status="passed"><Name>b</Name><Path>./x</Path><Results>
<NamedMeasurement name="Execution Time"><Value>0.5</Value></NamedMeasurement></Results></Test>
<Test Status="failed"><Name>c</Name></Test><Test Status="notrun"><Name>d</Name></Test>
</Testing></Site>"""


def _publish(bench: Bench, text: str, **inputs: str) -> None:
    (bench.sources / "out").mkdir(exist_ok=True)
    (bench.sources / "out" / "TEST-a.xml").write_text(text)
    bench.run("PublishTestResults@2", inputs)


def test_junit(bench: Bench) -> None:
    _publish(bench, JUNIT)
    (run,) = bench.tests
    assert run.title == "pytest"
    assert [(one.name, one.outcome, one.seconds) for one in run.cases] == [
        ("good", Outcome.PASSED, 0.5),
        ("bad", Outcome.FAILED, 1.5),
        ("broken", Outcome.FAILED, 0.0),
        ("left", Outcome.NOT_EXECUTED, 0.0),
    ]
    bad = run.cases[1]
    assert (bad.suite, bad.message, bad.details) == ("tests.a", "no <b>", "trace\nprinted")
    assert run.cases[3].message == "why"
    assert "pytest: 1 Passed, 2 Failed, 1 NotExecuted" in bench.lines


@pytest.mark.parametrize(
    ("kind", "text", "outcomes", "seconds", "suite"),
    [
        ("NUnit", NUNIT2, "Passed NotExecuted Failed", 0.1, ""),
        ("NUnit", NUNIT3, "Passed Failed NotExecuted Inconclusive", 0.25, "N.A"),
        ("XUnit", XUNIT, "Passed Failed NotExecuted", 0.5, "it.dll"),
        ("VSTest", TRX, "Passed Failed NotExecuted", 61.5, "N.A"),
        ("CTest", CTEST, "Passed Failed NotExecuted", 0.5, "./x"),
    ],
)
def test_the_other_formats(
    bench: Bench, kind: str, text: str, outcomes: str, seconds: float, suite: str
) -> None:
    _publish(bench, text, testResultsFormat=kind)
    (run,) = bench.tests
    assert " ".join(one.outcome.value for one in run.cases) == outcomes
    assert run.cases[0].seconds == seconds
    assert run.cases[0].suite == suite


def test_one_run_for_each_file_or_one_for_all(bench: Bench) -> None:
    # LegacyTestRunDataPublisher.cs: numbered titles, or one run
    (bench.sources / "TEST-b.xml").write_text(JUNIT)
    _publish(bench, JUNIT, testRunTitle="unit")
    assert [one.title for one in bench.tests] == ["unit_1", "unit_2"]
    bench.tests.clear()
    _publish(bench, JUNIT, mergeTestResults="true")
    assert [(one.title, len(one.cases)) for one in bench.tests] == [("JUnit_TestResults_1", 8)]


def test_failed_tests_fail_only_where_asked_and_are_published_all_the_same(bench: Bench) -> None:
    with pytest.raises(StepFailed, match="have failed tests"):
        _publish(bench, JUNIT, failTaskOnFailedTests="true")
    assert len(bench.tests) == 1


def test_no_file(bench: Bench) -> None:
    bench.run("PublishTestResults@2", {"testResultsFiles": "a.xml"})
    assert bench.issues("warning") == [f"no test result files below {bench.sources} match a.xml"]
    with pytest.raises(StepFailed, match="no test result files"):
        bench.run("PublishTestResults@2", {"failTaskOnMissingResultsFile": "true"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<testsuites", "isn't XML"),
        ("<coverage/>", "its root is coverage, where JUnit has testsuites or testsuite"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><testsuite>&x;</testsuite>', "declares a document type"),
    ],
)
def test_a_file_that_cant_be_read_is_a_warning(bench: Bench, text: str, why: str) -> None:
    _publish(bench, text)
    assert why in bench.issues("warning")[0]
    assert bench.tests == []
    with pytest.raises(StepFailed, match=why):
        _publish(bench, text, failTaskOnFailureToPublishResults="true")


def test_the_search_folder_is_the_root_of_the_patterns(bench: Bench) -> None:
    _publish(bench, JUNIT, testResultsFiles="TEST-*.xml", searchFolder="out")
    assert len(bench.tests) == 1
