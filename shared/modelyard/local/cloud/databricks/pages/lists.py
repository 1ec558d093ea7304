"""The pages that list jobs, runs and clusters."""

from __future__ import annotations

import json

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.clusters.models import Clusters
from modelyard.local.cloud.databricks.jobs.models import Jobs
from modelyard.local.cloud.databricks.jobs.records import Document, RunRecords
from modelyard.local.cloud.databricks.libraries.models import Libraries
from modelyard.local.cloud.databricks.libraries.specification import label
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

MOST = 100
"""Runs and events that a page shows."""


class ListPages:
    def __init__(
        self, jobs: Jobs, records: RunRecords, clusters: Clusters, libraries: Libraries
    ) -> None:
        self._jobs = jobs
        self._records = records
        self._clusters = clusters
        self._libraries = libraries

    def jobs(self) -> str:
        """All jobs, and the latest runs."""
        rows: list[list[Content]] = [
            [
                link(job["settings"]["name"], f"/jobs/{job['job_id']}"),
                str(job["job_id"]),
                str(job["creator_user_name"]),
                moment(job["created_time"]),
            ]
            for job in self._jobs.all()
        ]
        body = [
            tag("h1", "Jobs"),
            table(["Name", "Id", "By", "Made"], rows) if rows else tag("p", "No jobs yet."),
            tag("h2", "Runs"),
            _runs(self._records.job_runs()),
        ]
        return document("Jobs", body)

    def job(self, job_id: int) -> str:
        """A job's settings and its runs; of a submitted run, its runs alone."""
        runs = self._records.job_runs(job_id)
        try:
            job = self._jobs.get(job_id)
        except exceptions.ApiError:
            if not runs:
                raise
            title, settings = str(runs[0]["run_name"]), Markup("")
        else:
            title = str(job["settings"]["name"])
            settings = joined_settings(job["settings"])
        return document(title, [tag("h1", title), tag("h2", "Runs"), _runs(runs), settings])

    def clusters(self) -> str:
        rows: list[list[Content]] = [
            [
                link(_name(cluster), f"/compute/clusters/{cluster['cluster_id']}"),
                cluster["cluster_id"],
                state(cluster["state"]),
                str(cluster["specification"]["spark_version"]),
                str(cluster["cluster_source"]),
            ]
            for cluster in self._clusters.list()
        ]
        headings = ["Name", "Id", "State", "Runtime", "Made by"]
        shown = table(headings, rows) if rows else tag("p", "No clusters yet.")
        return document("Clusters", [tag("h1", "Clusters"), shown])

    def cluster(self, cluster_id: str) -> str:
        found = self._clusters.get(cluster_id)
        libraries: list[list[Content]] = [
            [label(entry["library"]), state(entry["status"]), " ".join(entry["messages"])]
            for entry in self._libraries.statuses(cluster_id)
        ]
        events: list[list[Content]] = [
            [moment(event["timestamp"]), event["type"], json.dumps(event["details"])]
            for event in reversed(self._clusters.events.list(cluster_id)[-MOST:])
        ]
        reason = found.get("termination_reason")
        shown = facts(
            [
                ("Id", cluster_id),
                ("Message", str(found["state_message"])),
                ("Reason", json.dumps(reason) if reason else ""),
                ("Started", moment(found["start_time"])),
                ("Terminated", moment(found.get("terminated_time"))),
                ("By", str(found["creator_user_name"])),
                ("Driver process", str(found.get("driver_pid", ""))),
            ]
        )
        body = [tag("h1", [_name(found), " ", state(found["state"])]), shown]
        if libraries:
            body += [tag("h2", "Libraries"), table(["Library", "Status", "Message"], libraries)]
        body += [
            tag("h2", "Specification"),
            tag("pre", json.dumps(found["specification"], indent=2)),
            tag("h2", "Events"),
            table(["Time", "Event", "Details"], events),
        ]
        return document(_name(found), body)


def joined_settings(settings: Document) -> Markup:
    return Markup(tag("h2", "Settings") + tag("pre", json.dumps(settings, indent=2)))


def _runs(runs: list[Document]) -> Markup:
    rows: list[list[Content]] = [
        [
            link(str(run["run_id"]), f"/jobs/{run['job_id']}/runs/{run['run_id']}"),
            str(run["run_name"]),
            state(str(run.get("result_state") or run["life_cycle_state"])),
            moment(run["start_time"]),
            duration(run["end_time"] - run["start_time"]) if "end_time" in run else "",
        ]
        for run in runs[:MOST]
    ]
    headings = ["Run", "Name", "State", "Started", "Took"]
    return table(headings, rows) if rows else tag("p", "No runs yet.")


def _name(cluster: Document) -> str:
    return str(cluster["specification"].get("cluster_name") or cluster["cluster_id"])
