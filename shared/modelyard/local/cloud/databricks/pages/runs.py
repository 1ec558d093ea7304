"""The page of a run: how it ended, its parameters, its tasks, and a notebook's cells with their
output."""

from __future__ import annotations

import html
import json
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.jobs import settings
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords
from modelyard.local.cloud.databricks.jobs.states import ACTIVE
from modelyard.local.cloud.databricks.pages.markup import (
    Content,
    Markup,
    document,
    duration,
    facts,
    link,
    moment,
    state,
    table,
    tag,
)


class RunPages:
    def __init__(self, records: RunRecords) -> None:
        self._records = records

    def page(self, job_id: int, run_id: int) -> str:
        """Of a job run or a task's run; raises when the job has none of that id. It is loaded anew
        while the run is active."""
        found = self._records.get(run_id)
        if found["job_id"] != job_id:
            raise exceptions.run_does_not_exist(run_id)
        if found["kind"] == "task_run":
            return self.task_page(self._records.get(found["parent_run_id"]), found)
        attempts = self._records.attempts(found)
        title = f"Run {run_id} of {found['run_name']}"
        body: list[Content] = [
            tag("h1", [title, " ", state(_result(found))]),
            _facts(found, found, attempts[-1] if len(attempts) == 1 else None),
        ]
        if len(attempts) == 1:
            body.append(self._work(attempts[0]))
        else:
            body += [tag("h2", "Tasks"), _tasks(found, attempts)]
        return document(title, map(_markup, body), found["life_cycle_state"] in ACTIVE)

    def task_page(self, run: Document, attempt: Document) -> str:
        title = f"Task {attempt['task_key']} of run {run['run_id']} of {run['run_name']}"
        body = [
            tag("h1", [title, " ", state(_result(attempt))]),
            tag("p", link("The whole run", _address(run))),
            _facts(run, attempt, attempt),
            self._work(attempt),
        ]
        return document(title, body, attempt["life_cycle_state"] in ACTIVE)

    def _work(self, attempt: Document) -> Markup:
        """What a task did: error, cells, logs."""
        result = self._records.output(attempt["run_id"])
        parts: list[Markup] = []
        if result.get("error"):
            where = f" (cell {result['cell']}, line {result['line']})" if result.get("cell") else ""
            parts.append(tag("h2", f"Error{where}"))
            parts.append(tag("pre", result.get("traceback") or result["error"], class_="error"))
        if result.get("exit_value") is not None:
            parts += [tag("h2", "Result"), tag("pre", str(result["exit_value"]))]
        if result.get("cells"):
            parts.append(tag("h2", "Notebook"))
            parts += [_cell(cell) for cell in result["cells"]]
        elif result.get("logs"):
            parts += [tag("h2", "Output"), tag("pre", result["logs"], class_="output")]
        return Markup("".join(parts))


def _markup(content: Content) -> Markup:
    return content if isinstance(content, Markup) else Markup(html.escape(str(content)))


def _facts(run: Document, shown: Document, attempt: Document | None) -> Markup:
    end = shown.get("end_time")
    rows: list[tuple[str, Content]] = [
        ("Message", str(shown.get("state_message", ""))),
        ("Job", link(f"{run['run_name']} ({run['job_id']})", f"/jobs/{run['job_id']}")),
        ("Started", moment(shown["start_time"])),
        ("Ended", moment(end)),
        ("Took", duration(end - shown["start_time"]) if end else ""),
        ("By", str(run["creator_user_name"])),
        ("Parameters", _parameters(run, attempt)),
    ]
    if attempt is not None:
        kind = settings.kind_of(attempt["task"])
        path = attempt["task"][kind].get("notebook_path") or attempt["task"][kind].get(
            "python_file"
        )
        rows.insert(1, ("Code", str(path or "")))
        if attempt.get("cluster_id"):
            cluster = attempt["cluster_id"]
            rows.insert(2, ("Cluster", link(cluster, f"/compute/clusters/{cluster}")))
    return facts(rows)


def _parameters(run: Document, attempt: Document | None) -> Content:
    given: dict[str, Any] = {}
    if attempt is not None:
        given.update(attempt["task"].get("notebook_task", {}).get("base_parameters", {}))
    given.update(run["overriding_parameters"].get("notebook_params", {}))
    given.update({item["name"]: item["value"] for item in run["job_parameters"]})
    arguments = run["overriding_parameters"].get("python_params") or (
        attempt["task"].get("spark_python_task", {}).get("parameters", []) if attempt else []
    )
    pairs = [f"{name} = {value}" for name, value in given.items()]
    return "\n".join(pairs) or (json.dumps(arguments) if arguments else "")


def _tasks(run: Document, attempts: list[Document]) -> Markup:
    rows: list[list[Content]] = [
        [
            link(attempt["task_key"], f"/jobs/{run['job_id']}/runs/{attempt['run_id']}"),
            state(_result(attempt)),
            str(attempt["attempt_number"] + 1),
            duration(attempt["end_time"] - attempt["start_time"]) if "end_time" in attempt else "",
            str(attempt.get("state_message", "")),
        ]
        for attempt in attempts
    ]
    return table(["Task", "State", "Attempt", "Took", "Message"], rows)


def _cell(cell: dict[str, Any]) -> Markup:
    seconds = cell.get("seconds")
    told = f"{cell['index']}  {cell['language']}  {cell['title']}".rstrip()
    if seconds is not None:
        told += f"  {duration(int(seconds * 1000))}"
    parts = [tag("div", [told, " ", state(cell["status"].upper())], class_="dim")]
    parts.append(tag("pre", cell["source"]))
    if cell.get("text"):
        parts.append(tag("pre", cell["text"], class_="output"))
    # A frame without rights: no scripts, no navigation, no access to this page.
    parts += [Markup(f'<iframe sandbox srcdoc="{html.escape(h)}"></iframe>') for h in cell["html"]]
    return tag("div", parts, class_="cell")


def _result(document: Document) -> str:
    return str(document.get("result_state") or document["life_cycle_state"])


def _address(run: Document) -> str:
    return f"/jobs/{run['job_id']}/runs/{run['run_id']}"
