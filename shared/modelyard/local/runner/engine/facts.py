"""Predefined variables that the run as a whole has, beside those of every job.

Source: learn.microsoft.com, ``build/variables``.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from modelyard.local.runner.engine.working_copy import Source
from modelyard.local.runner.predefined_variables import Build, Folders, predefined
from modelyard.local.runner.variables import Variable

_OF_A_JOB = ("agent.", "common.", "pipeline.", "system.job", "system.phase", "system.stage")
_FOLDERS = ("directory", "localpath")


def before_run(build: Build) -> dict[str, str]:
    """What expressions of compile time see: what is known before any job, and so no folder."""
    nowhere = Folders(Path(os.sep), Path(os.sep))
    return {
        one.name: one.value
        for one in predefined(nowhere, build)
        if not one.name.lower().startswith(_OF_A_JOB) and not one.name.lower().endswith(_FOLDERS)
    }


def of_server_job(build: Build) -> Iterator[Variable]:
    """What a job without an agent knows of itself: it has no agent's names, and no folder."""
    nowhere = Folders(Path(os.sep), Path(os.sep))
    for one in predefined(nowhere, build):
        name = one.name.lower()
        if name.startswith(("build.", "system")) and not name.endswith(_FOLDERS):
            yield one


def of_run(build: Build, source: Source, number: str, started: datetime) -> Iterator[Variable]:
    """What is the same in all jobs."""
    person = getpass.getuser()
    values = {
        "Build.BuildNumber": number,
        "Build.BuildUri": f"vstfs:///Build/Build/{build.number}",
        "Build.DefinitionVersion": "1",
        "Build.QueuedBy": person,
        "Build.Reason": "Manual",
        "Build.Repository.Uri": source.uri,
        "Build.RequestedFor": person,
        "Build.RequestedForEmail": "",
        "Build.SourceVersionAuthor": source.author,
        "Build.SourceVersionMessage": source.message[:200],
        "System.PipelineStartTime": started.strftime("%Y-%m-%d %H:%M:%S%z"),
        "System.PullRequest.IsFork": "False",
    }
    for name, value in values.items():
        yield Variable(name, value, read_only=True)
