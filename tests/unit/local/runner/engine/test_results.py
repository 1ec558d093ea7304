"""The result folder, ``run.json`` and the displays."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.local.runner.display.json_lines import JsonDisplay
from modelyard.local.runner.display.marks import takes_signs, took
from modelyard.local.runner.display.plain import PlainDisplay, summary
from modelyard.local.runner.engine.events import Ended, Line, Started
from modelyard.local.runner.engine.job_variables import GroupValue
from modelyard.local.runner.job import Result
from modelyard.local.runner.own_folder import plain
from modelyard.local.runner.results.folder import ResultFolder, new_folder
from modelyard.local.runner.results.history import History
from modelyard.local.runner.secret_masker import SecretMasker

PIPELINE = """
    parameters: [{name: size, type: number, default: 3}]
    stages:
    - stage: A
      displayName: the first
      jobs:
      - job: J
        steps:
        - checkout: none
        - bash: |
            echo '# Summary' > s.md
            echo "##vso[task.uploadsummary]$PWD/s.md"
            echo '##vso[build.addbuildtag]nice'
            echo '##vso[task.complete result=Succeeded]3 runs, best 0.7'
          displayName: Train / it
        - bash: echo hi > out.txt
        - {publish: out.txt, artifact: drop}
        - bash: exit 4
          displayName: Broken
    - stage: B
      jobs: [{job: K, steps: [{bash: 'true'}]}]
    """


@pytest.fixture
def done(run: Any) -> Any:
    return run(PIPELINE)


def test_run_json_has_all_of_a_run(done: Any) -> None:
    found = json.loads((done.folder / "run.json").read_text())

    assert (found["format"], found["result"], found["name"]) == (1, "Failed", "demo")
    assert found["parameters"] == {"size": 3}
    assert found["tags"] == ["nice"]
    assert [(one["name"], one["files"], one["bytes"]) for one in found["artifacts"]] == [
        ("drop", ["out.txt"], 3)
    ]
    first, second = found["stages"]
    assert (first["title"], first["result"], second["result"]) == ("the first", "Failed", "Skipped")
    assert second["dependsOn"] == ["A"]
    step = first["jobs"][0]["steps"][0]
    assert (step["title"], step["note"]) == ("Train / it", "3 runs, best 0.7")
    assert "##[section]Starting: Train / it" in (done.folder / step["log"]).read_text()
    assert step["ended"] >= step["started"]
    broken = first["jobs"][0]["steps"][-1]
    assert broken["issues"][0]["text"] == "Bash exited with code '4'."
    summary_path = found["summaries"][0]["path"]
    assert (done.folder / summary_path).read_text() == "# Summary\n"


def test_the_end_is_one_line_a_step(done: Any) -> None:
    lines = [" ".join(line.split()) for line in summary(done.history)]

    assert lines[1].startswith("demo Failed 0.")
    assert lines[2].startswith("✗ the first 0.")
    assert lines[3].startswith("✓ Train / it 3 runs, best 0.7 0.")
    assert lines[-2].startswith("✗ Broken Bash exited with code '4'. 0.")
    assert lines[-1] == "○ B A failed"
    assert summary(done.history, ascii_only=True)[2].startswith("XX the first")


def test_plain_lines_name_their_job(run: Any) -> None:
    out = io.StringIO()
    done = run(PIPELINE)
    display = PlainDisplay(done.history, out)
    for event in done.events:
        display(event)
    display.close()

    text = out.getvalue()
    assert "[A/J] ##[section]Starting: Train / it\n" in text
    assert "[A/J] ##[error]Broken failed: Bash exited with code '4'.\n" in text
    assert "[A] Failed\n" in text
    assert "[B] Skipped: A failed\n" in text


def test_json_lines_are_objects(done: Any) -> None:
    out = io.StringIO()
    display = JsonDisplay(out)
    for event in done.events:
        display(event)

    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert found[0] == {"event": "planned", "path": ["A"], "title": "the first"}
    assert found[-1]["event"] == "ended"
    assert found[-1]["result"] == "Failed"
    assert {one["event"] for one in found} == {"planned", "started", "line", "ended"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.4, "0.4 s"), (59.6, "59 s"), (3725, "1 h 02 m")]
)
def test_durations(seconds: float | None, text: str) -> None:
    assert took(seconds) == text


def test_signs_need_an_encoding_that_has_them() -> None:
    assert takes_signs("utf-8")
    assert not takes_signs("ascii")
    assert not takes_signs(None)


def test_two_runs_of_one_second_have_folders_of_their_own(tmp_path: Any) -> None:
    first, second = (new_folder("a b/c", 0, tmp_path / "runs") for _ in range(2))

    assert first != second
    assert first.name.startswith("a-b-c-19")
    assert (tmp_path / "runs" / ".gitignore").read_text() == "*\n"
    assert plain("../..") == "step"


def test_outputs_are_kept_and_secret_ones_never(run: Any) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - bash: |
            echo '##vso[task.setvariable variable=url;isoutput=true]http://127.0.0.1/key-17-secret'
            echo '##vso[task.setvariable variable=key;isoutput=true;issecret=true]key-17-secret'
            echo '##vso[task.setvariable variable=own]not an output'
          name: first
        - bash: "echo '##vso[task.setvariable variable=o;issecret=true;isoutput=true]hidden-9'"
          name: second
        """
    )

    document = json.loads((done.folder / "run.json").read_text("utf-8"))
    steps = document["stages"][0]["jobs"][0]["steps"]
    assert [one.get("outputs") for one in steps] == [{"url": "http://127.0.0.1/***"}, None]


def test_a_reason_is_shown_whole() -> None:
    """A file has no width."""
    history = History()
    why = "the reason is a long one " * 8
    for path in (("a",), ("a", "b")):
        history(Started(path, "x", 0.0))
    history(Ended(("a", "b", "1"), Result.SKIPPED, 1.0, why))

    assert any(why.strip() in line for line in summary(history))


def test_a_step_that_can_not_be_started_fails_and_says_why(run: Any) -> None:
    done = run(
        """
        variables: {a=b: c}
        steps:
        - checkout: none
        - bash: echo no
          continueOnError: true
        """
    )

    assert done.result == "SucceededWithIssues"
    why = "bash can't be started: no process can have the variable 'A=B'"
    assert [one for one in done.lines if one.startswith("##[error]") and one.endswith(why)]


def test_what_becomes_secret_later_is_in_no_title(run: Any) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - bash: "echo '##vso[task.setsecret]open sesame'; exit 1"
          displayName: set open sesame
        """
    )

    shown = io.StringIO()
    display = PlainDisplay(done.history, shown)
    for event in done.events[-4:]:  # when it is known
        display(event)
    display.close()
    assert "set *** failed" in shown.getvalue()
    assert "sesame" not in shown.getvalue()


def test_what_becomes_secret_after_a_step_is_taken_out_of_all(tmp_path: Path) -> None:
    history, folder = History(), ResultFolder(tmp_path / "one")
    for listener in (history, folder):
        listener(Started(("a", "b", "1"), "set open sesame", 0.0))
        listener(Line(("a", "b", "1"), "it is open sesame"))
        listener(Ended(("a", "b", "1"), Result.FAILED, 1.0, "open sesame is wrong"))
    masker = SecretMasker()
    masker.add("open sesame")
    history.mask(masker)
    folder.mask(masker)
    folder.close()

    assert not any("sesame" in line for line in summary(history))
    assert folder.logs == {("a", "b", "1"): "logs/a/b/01-set.log"}
    assert (tmp_path / "one/logs/a/b/01-set.log").read_text() == "it is ***\n"


def test_a_job_whose_failure_is_forgiven_is_shown_so(run: Any) -> None:
    done = run(
        """
        jobs:
        - job: J
          continueOnError: true
          steps: [{checkout: none}, {bash: exit 1}]
        """
    )

    assert done.result == "SucceededWithIssues"
    assert done.results()["__default/J"] == "SucceededWithIssues"
    document = json.loads((done.folder / "run.json").read_text("utf-8"))
    assert document["stages"][0]["jobs"][0]["result"] == "SucceededWithIssues"


def test_the_number_of_a_run_has_the_value_of_a_runtime_expression(run: Any) -> None:
    """And jobs see the same counter; each run counts once."""
    pipeline = """
        name: n-$(major).$(a)-$(g)
        variables:
        - group: G
        - {name: major, value: 1}
        - {name: a, value: "$[counter(variables['prefix'], 5)]"}
        - {name: bad, value: "$[gt(1, variables['prefix'])]"}
        steps: [{checkout: none}]
        """
    good = "\n".join(line for line in pipeline.splitlines() if "bad" not in line)
    group = {"G": {"prefix": GroupValue("p"), "g": GroupValue("no")}}

    assert run(pipeline, groups=group).state.number == "n-1.5-$(g)"
    second = run(
        good.replace("{checkout: none}", "{checkout: none}, {bash: echo '> $(a)'}"), groups=group
    )
    assert (second.state.number, second.printed) == ("n-1.6-$(g)", ["> 6"])


def test_the_log_names_a_step_without_control_characters(run: Any) -> None:
    done = run("""
        steps:
        - {checkout: none}
        - {bash: "true", displayName: "red \\e[31m one"}
        """)

    assert "##[section]Starting: red one" in done.lines
