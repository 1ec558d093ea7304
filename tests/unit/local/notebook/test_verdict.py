"""Results of runs."""

from __future__ import annotations

import signal

import pytest

from modelyard.local.notebook.output import RunOutput, marker
from modelyard.local.notebook.redaction import Redactor
from modelyard.local.notebook.runs import NotebookRequest
from modelyard.local.notebook.verdict import TERMINATED, Ending, make_result, without_word

REQUEST = NotebookRequest(run_id=1, notebook_path="/Shared/a", timeout_seconds=1.5)


@pytest.mark.parametrize(
    ("ending", "status", "cell", "outcome", "says"),
    [
        ("canceled", -9, 2, "canceled", "Run was canceled"),
        ("timed_out", -9, None, "timed_out", "Run took longer than 1.5 s"),
        (None, -9, 2, "failed", "ended by signal 9 (SIGKILL) during cell 2"),
        (None, TERMINATED, 2, "failed", "ended by signal 15 (SIGTERM) during cell 2"),
        (None, -signal.SIGSEGV, 1, "failed", "native library"),
        (None, 3, None, "failed", "exited with status 3 before the first cell"),
        (None, 0, 1, "failed", "exited with status 0 during cell 1"),
    ],
)
def test_process_that_ended_without_a_word(
    ending: Ending | None, status: int, cell: int | None, outcome: str, says: str
) -> None:
    facts = without_word(REQUEST, ending, status, cell)
    assert facts["status"] == outcome
    assert says in facts["error"]
    assert (facts["cell"], facts["notebook"]) == (cell, "/Shared/a")


def test_secrets_are_hidden_and_states_are_not() -> None:
    redactor = Redactor(["failed", "secret-1"])
    output = RunOutput("n", redactor)
    output.feed(f"{marker('n', 1)}it is secret-1".encode(), final=True)
    cells = [
        {"index": 1, "language": "python", "title": "t secret-1", "source": "s secret-1"},
        {"index": 2, "language": "python", "title": "", "source": "", "html": ["secret-1"]},
    ]
    facts = {"status": "failed", "error": "E: secret-1 \udcff", "traceback": "secret-1", "cell": 1}
    result = make_result(facts, cells, output, redactor, seconds=1.0)
    assert result.status == "failed"
    assert result.error == "E: [REDACTED] ?"
    assert [cell.status for cell in result.cells] == ["failed", "not_run"]
    assert "secret-1" not in str(result)
