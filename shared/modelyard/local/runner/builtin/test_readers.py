"""The five formats of test results that Azure DevOps reads.

Source: the agent's ``TestResults/Legacy/{Junit,Nunit,Xunit,Trx,Ctest}ResultReader.cs``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from modelyard.local.runner.builtin.test_run import Outcome, TestCase
from modelyard.local.runner.builtin.xml_file import XmlError, inner_text, number, read_xml


def read_cases(path: Path, format: str) -> tuple[str, tuple[TestCase, ...]]:
    """The name that a file gives its run (may be empty), and its tests.

    :param format: a name of :data:`FORMATS`, in any case.
    :raises XmlError: when the file isn't of that format.
    """
    root = read_xml(path)
    roots, read = FORMATS[{name.lower(): name for name in FORMATS}[format.lower()]]
    if root.tag not in roots:
        raise XmlError(f"its root is {root.tag}, where {format} has {' or '.join(roots)}")
    named = root
    if root.tag == "testsuites":
        suites = root.findall("testsuite")
        named = suites[0] if len(suites) == 1 else Element("none")
    return named.get("name", ""), tuple(read(root))


def _junit(root: Element) -> Iterator[TestCase]:
    for case in root.iter("testcase"):
        if not case.get("name"):
            continue
        failure = case.find("failure")
        failure = case.find("error") if failure is None else failure
        skipped = case.find("skipped")
        outcome, message, details = Outcome.PASSED, "", ""
        if failure is not None:
            printed = (inner_text(case.find(name)) for name in ("system-out", "system-err"))
            outcome, message = Outcome.FAILED, failure.get("message", "")
            details = "\n".join(filter(None, (inner_text(failure), *printed)))
        elif skipped is not None:
            outcome, message = Outcome.NOT_EXECUTED, skipped.get("message", "")
        yield TestCase(
            name=case.get("name", ""),
            suite=case.get("classname", ""),
            outcome=outcome,
            seconds=number(case, "time"),
            message=message,
            details=details,
        )


def _nunit(root: Element) -> Iterator[TestCase]:
    """Versions 2 (``test-results``) and 3 (``test-run``)."""
    third = root.tag == "test-run"
    results = {
        "passed": Outcome.PASSED,
        "success": Outcome.PASSED,
        "failed": Outcome.FAILED,
        "skipped": Outcome.NOT_EXECUTED,
        "ignored": Outcome.NOT_EXECUTED,
    }
    for case in root.iter("test-case"):
        told = case.get("result", "").lower()
        outcome = results.get(told, Outcome.INCONCLUSIVE if third else Outcome.PASSED)
        if not third and case.find("failure") is not None:
            outcome = Outcome.FAILED
        yield TestCase(
            name=case.get("name", ""),
            suite=case.get("classname", "") or case.get("fullname", "").rpartition(".")[0],
            outcome=outcome,
            seconds=number(case, "duration" if third else "time"),
            message=inner_text(case.find("failure/message")),
            details=_joined(case, "failure/stack-trace", "output"),
        )


def _xunit(root: Element) -> Iterator[TestCase]:
    for assembly in root.iter("assembly"):
        suite = re.split(r"[\\/]", assembly.get("name", ""))[-1]
        for case in assembly.findall("collection/test"):
            passed = case.get("result", "").lower() == "pass"
            outcome = Outcome.PASSED if passed else Outcome.NOT_EXECUTED
            if case.find("failure") is not None:
                outcome = Outcome.FAILED
            yield TestCase(
                name=case.get("method", "") or case.get("name", ""),
                suite=case.get("type", "") or suite,
                outcome=outcome,
                seconds=number(case, "time"),
                message=inner_text(case.find("failure/message")),
                details=_joined(case, "failure/stack-trace", "output"),
            )


def _trx(root: Element) -> Iterator[TestCase]:
    """Results of VSTest, each with its definition where the file has it."""
    suites = {}
    for definition in root.iterfind("TestDefinitions/*"):
        method = definition.find("TestMethod")
        if method is not None:
            suites[definition.get("id", "")] = method.get("className", "").partition(",")[0]
    outcomes = {
        "passed": Outcome.PASSED,
        "failed": Outcome.FAILED,
        "error": Outcome.FAILED,
        "timeout": Outcome.FAILED,
        "aborted": Outcome.FAILED,
        "inconclusive": Outcome.INCONCLUSIVE,
    }
    for kind in ("UnitTestResult", "WebTestResult", "TestResultAggregation"):
        for result in root.iterfind(f"Results/{kind}"):
            yield TestCase(
                name=result.get("testName", ""),
                suite=suites.get(result.get("testId", ""), ""),
                outcome=outcomes.get(result.get("outcome", "").lower(), Outcome.NOT_EXECUTED),
                seconds=_clock(result.get("duration", "")),
                message=inner_text(result.find("Output/ErrorInfo/Message")),
                details=_joined(result, "Output/ErrorInfo/StackTrace", "Output/StdOut"),
            )


def _ctest(root: Element) -> Iterator[TestCase]:
    outcomes = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}
    for case in root.iterfind("Testing/Test"):
        seconds = case.find("Results/NamedMeasurement[@name='Execution Time']/Value")
        measured = Element("time", {"value": inner_text(seconds) or "0"})
        yield TestCase(
            name=inner_text(case.find("Name")),
            suite=inner_text(case.find("Path")),
            outcome=outcomes.get(case.get("Status", "").lower(), Outcome.NOT_EXECUTED),
            seconds=number(measured, "value"),
            details=inner_text(case.find("Results/Measurement/Value")),
        )


def _joined(element: Element, *paths: str) -> str:
    return "\n".join(filter(None, (inner_text(element.find(path)) for path in paths)))


def _clock(text: str) -> float:
    """Seconds of ``00:00:01.5``."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)", text)
    if found is None:
        return 0.0
    days, hours, minutes, seconds = (float(one or 0) for one in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


FORMATS: dict[str, tuple[tuple[str, ...], Callable[[Element], Iterator[TestCase]]]] = {
    "JUnit": (("testsuites", "testsuite"), _junit),
    "NUnit": (("test-results", "test-run"), _nunit),
    "VSTest": (("TestRun",), _trx),
    "XUnit": (("assemblies",), _xunit),
    "CTest": (("Site",), _ctest),
}
"""By the names that the task's input has: the roots of each format, and its reader."""
