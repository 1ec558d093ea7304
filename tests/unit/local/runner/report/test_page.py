from __future__ import annotations

import argparse
import json
import os
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.local.commands.report_command import add_arguments, report_command
from modelyard.local.runner import report
from modelyard.local.runner.report.graph import graph
from modelyard.local.runner.report.log import LONGEST, MOST_LINES, show_log
from modelyard.local.runner.report.model import Node, load
from modelyard.local.runner.report.page import page
from modelyard.runner_errors import ReportError

if TYPE_CHECKING:
    from .conftest import Written

EVIL = '</pre></title><script>alert(1)</script><img src=x onerror="alert(1)">\''


def _evil_document() -> dict[str, Any]:
    """Every text of a run's document is hostile."""
    node = {"name": EVIL, "title": EVIL, "result": EVIL, "note": EVIL, "started": 1, "ended": 2}
    issue = {"kind": "error", "text": EVIL, "properties": {"sourcepath": EVIL, "linenumber": EVIL}}
    step = node | {"issues": [issue], "log": "logs/evil.log"}
    job = node | {"issues": [issue], "steps": [step], "environment": EVIL}
    stage = node | {"issues": [], "jobs": [job], "dependsOn": [EVIL]}
    case = {"name": EVIL, "suite": EVIL, "outcome": "Failed", "message": EVIL, "details": EVIL}
    return {
        "name": EVIL, "number": EVIL, "result": EVIL, "pipeline": EVIL, "tags": [EVIL],
        "repository": dict.fromkeys(("branch", "commit", "message"), EVIL),
        "parameters": {EVIL: [EVIL]},
        "notices": [{"level": one, "text": EVIL} for one in ("info", "error", EVIL)],
        "stages": [stage],
        "tests": [{"title": EVIL, "platform": EVIL, "cases": [case, case | {"outcome": EVIL}]}],
        "coverage": [{"lines": [1, 2], "files": [{"path": EVIL, "covered": 1, "total": 2}]}],
        "artifacts": [{"name": EVIL, "kind": EVIL, "folder": EVIL, "files": [EVIL], "bytes": 1}],
        "files": [{"name": EVIL, "kind": EVIL, "path": EVIL}],
        "summaries": [{"name": EVIL, "step": [EVIL], "path": "files/evil.md"}],
    }  # fmt: skip


def _elements(markup: str) -> set[str]:
    without_style = re.sub(r"<style>.*?</style>", "<style></style>", markup, flags=re.DOTALL)
    return set(re.findall(r"<([a-zA-Z]\w*)", without_style))


def test_no_text_of_a_run_becomes_markup(written: Written) -> None:
    written.file("logs/evil.log", f"{EVIL}\n##[group]{EVIL}\n##[error]{EVIL}\n")
    written.file("files/evil.md", f"# {EVIL}\n\n| {EVIL} |\n| --- |\n| {EVIL} |\n\n{EVIL}\n")
    markup = page(load(written.document(**_evil_document())))
    assert not _elements(markup) & {"script", "img", "iframe", "object", "link", "form"}
    assert not re.search(r"<[^>]* on\w+=", markup.replace(escape(EVIL), ""))
    # It is there all the same, everywhere, as the text it is.
    assert markup.count(escape(EVIL)) > 30


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(content=st.text())
def test_any_text_is_only_text(written: Written, content: str) -> None:
    content = content.encode("utf-8", "replace").decode()
    issue = {"kind": "error", "text": content, "properties": {}}
    document = _evil_document() | {"name": content, "tests": [], "notices": []}
    document["stages"][0]["jobs"][0]["steps"][0]["issues"] = [issue]
    written.file("logs/evil.log", content)
    written.file("files/evil.md", content)
    plain = {"a", "body", "code", "details", "div", "h1", "h2", "head", "header", "html", "meta",
             "p", "path", "pre", "rect", "section", "span", "strong", "style", "summary", "svg",
             "table", "tbody", "td", "text", "th", "thead", "title", "tr", "ul", "li", "i", "b",
             "h3", "h4", "h5", "h6", "ol", "blockquote", "hr", "br", "em", "del"}  # fmt: skip
    assert _elements(page(load(written.document(**document)))) <= plain


def test_nothing_is_loaded_from_elsewhere_and_no_script_is_needed(written: Written) -> None:
    markup = page(load(written.document()))
    assert "default-src &#x27;none&#x27;" in markup
    assert not re.search(r"\bsrc(set)?=|@import|url\(|<link", markup)
    assert "script" not in _elements(markup)


def test_what_a_page_says(written: Written) -> None:
    written.file("logs/01.log", "hello\n")
    written.file("files/s.md", "**rmse** 0.7")
    summaries = [{"step": ["train", "fit", "1"], "name": "s.md", "path": "files/s.md"}]
    artifact = {"name": "model", "kind": "pipeline", "folder": "artifacts/model", "bytes": 2500}
    folder = written.document(
        summaries=summaries,
        artifacts=[artifact | {"files": ["MLmodel"]}],
        repository={"branch": "refs/heads/main", "commit": "ab12" * 10, "message": "Fit\n\nmore"},
    )
    path = report.write(folder)
    markup = path.read_text()
    assert path == folder / "report.html"
    assert "<title>wine 7</title>" in markup
    assert "took <b>1 m 15 s</b>" in markup
    assert "commit <b>ab12ab12 Fit</b>" in markup
    assert "<p><strong>rmse</strong> 0.7</p>" in markup
    assert 'train / <a href="#s1-1-1">Fit</a>' in markup
    assert 'id="s1-1-1"' in markup
    assert "<pre>hello\n</pre>" in markup
    assert '<a href="artifacts/model/MLmodel">MLmodel</a>' in markup
    assert "2.5 kB" in markup
    assert "Errors and warnings" not in markup


def test_errors_stand_first_with_their_steps_and_places(written: Written) -> None:
    written.file("logs/01.log", "x\n")
    document = json.loads((written.document() / "run.json").read_text())
    step = document["stages"][0]["jobs"][0]["steps"][0]
    place = {"sourcepath": "a.py", "linenumber": "3", "columnnumber": "9"}
    step |= {"result": "Failed", "issues": [{"kind": "error", "text": "no", "properties": place}]}
    markup = page(load(written.document(stages=document["stages"])))
    assert markup.index("Errors and warnings") < markup.index(">Stages<")
    assert '<a href="#s1-1-1">train / fit / Fit</a>' in markup
    assert "<code>a.py:3:9</code>" in markup
    assert '<details class="step" id="s1-1-1" open>' in markup


def test_nothing_outside_of_the_folder_is_read(written: Written, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("not for the page")
    document = json.loads((written.document() / "run.json").read_text())
    document["stages"][0]["jobs"][0]["steps"][0]["log"] = "../secret.md"
    summaries = [{"step": [], "name": "s", "path": "../secret.md"}]
    markup = page(load(written.document(stages=document["stages"], summaries=summaries)))
    assert "not for the page" not in markup
    assert "wrote no log" in markup


def test_logs_are_folded_and_marked(written: Written) -> None:
    written.file(
        "a.log",
        "one\n##[group]Set up\ninside\n##[endgroup]\n##[error]no\n##[command]ls\n"
        "\x1b[1;31mred\x1b[0m\n",
    )
    assert show_log(written.folder, "a.log") == (
        "<pre>one\n</pre>"
        '<details class="group"><summary>Set up</summary><pre>inside\n</pre></details>'
        '<pre><span class="error">error: no</span>\n<span class="command">ls</span>\nred\n</pre>'
    )


def test_long_logs_and_lines_are_cut(written: Written) -> None:
    written.file("a.log", "".join(f"line {one}\n" for one in range(MOST_LINES + 5)))
    markup = show_log(written.folder, "a.log")
    assert '5 lines above aren&#x27;t shown here: <a href="a.log">the whole log</a>' in markup
    assert ">line 5\n" in markup
    assert "line 4\n" not in markup.replace("line 4\nline", "")[:200]
    written.file("b.log", "x" * (LONGEST + 7))
    assert "… (7 characters more)" in show_log(written.folder, "b.log")


def _stage(name: str, *before: str) -> Node:
    return Node(f"id-{name}", name, name, "Succeeded", 0, 1, "", (), depends_on=before)


def test_the_graph_has_a_layer_for_each_wait() -> None:
    stages = [_stage("a"), _stage("b", "A"), _stage("c", "a"), _stage("d", "b", "c", "none")]
    markup = graph(stages)
    places = {
        name: re.search(rf'<a href="#id-{name}">.*?<rect x="([\d.]+)" y="([\d.]+)"', markup)
        for name in "abcd"
    }
    across = {name: float(found[1]) for name, found in places.items() if found}
    assert across["a"] < across["b"] == across["c"] < across["d"]
    assert markup.count('class="edge"') == 4
    upright = graph(stages, upright=True)
    assert upright.count('class="edge"') == 4


def test_a_circle_of_stages_ends() -> None:
    assert graph([_stage("a", "b"), _stage("b", "a")]).count("<rect") == 2


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_the_newest_run_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match="runs holds no run"):
        report_command(_options())
    for place, name in enumerate(("new", "old")):
        folder = tmp_path / ".modelyard" / "runs" / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text('{"format": 1, "name": "x", "stages": []}')
        os.utime(folder / "run.json", (1000 - place, 1000 - place))
    assert report_command(_options()) == 0
    assert report_command(_options(".modelyard/runs/old")) == 0
    assert capsys.readouterr().out == (
        ".modelyard/runs/new/report.html\n.modelyard/runs/old/report.html\n"
    )


def test_a_run_that_was_killed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    logs = tmp_path / ".modelyard" / "runs" / "killed" / "logs"
    logs.mkdir(parents=True)
    os.utime(logs, (1000, 1000))
    for options in (_options(), _options(".modelyard/runs/killed")):
        with pytest.raises(ReportError, match="runs/killed has no end: it was killed") as told:
            report_command(options)
        assert told.value.fix == "read its logs, in .modelyard/runs/killed/logs"
    whole = logs.parents[1] / "whole" / "run.json"
    whole.parent.mkdir()
    whole.write_text('{"format": 1, "name": "x", "stages": []}')
    for at, said in ((999, True), (1001, False)):
        os.utime(whole, (at, at))
        assert report_command(_options()) == 0
        shown = capsys.readouterr()
        assert shown.out == ".modelyard/runs/whole/report.html\n"
        assert ("runs/killed has no end" in shown.err) is said


def test_the_browser_is_asked(
    written: Written, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    answers = [True, False]
    monkeypatch.setattr("webbrowser.open", lambda url: asked.append(url) or answers.pop(0))
    options = _options(str(written.document()), "--open")
    assert report_command(options) == 0
    assert asked == [(written.folder / "report.html").as_uri()]
    assert capsys.readouterr().err == ""
    assert report_command(options) == 0
    told = capsys.readouterr()
    assert "No browser can be started here" in told.err
    assert told.out.endswith("report.html\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "can't be read"),
        ("[]", "the format None"),
        ('{"format": 2}', "the format 2; this version reads 1"),
        ('{"format": 1}', "isn't whole"),
        ('{"format": 1, "name": "x", "stages": [{}]}', "isn't whole"),
    ],
)
def test_what_isnt_a_run(written: Written, text: str, why: str) -> None:
    written.file("run.json", text)
    with pytest.raises(ReportError, match=why):
        report.write(written.folder)
