"""The variables that every job of a build has.

Source: learn.microsoft.com, "Predefined variables"; the agent's ``Constants.cs``,
``JobExtension.cs`` and ``BuildJobExtension.cs``.
"""

from __future__ import annotations

import platform
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.variables import Variable

_ARCHITECTURES = {"x86_64": "X64", "amd64": "X64", "aarch64": "ARM64", "arm64": "ARM64"}
_SYSTEMS = {"Linux": "Linux", "Darwin": "Darwin", "Windows": "Windows_NT"}
_NAMES = uuid.UUID("3f0b0e0e-7b54-4c0c-9d5b-4f6a3f3f0f11")
"""Ids of this machine's builds are made from names in this space, so that a rerun finds its own."""


@dataclass(frozen=True)
class Folders:
    """The folders of a job, under the agent's work folder."""

    work: Path
    tools: Path
    """The tool cache. It outlives the job, and is shared by all jobs of the agent."""

    @property
    def build(self) -> Path:
        return self.work / "1"

    @property
    def sources(self) -> Path:
        return self.build / "s"

    @property
    def temporary(self) -> Path:
        return self.work / "_temp"

    def create(self) -> None:
        """Make those that an agent makes before the first step."""
        for name in ("s", "a", "b", "TestResults"):
            (self.build / name).mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.tools.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True)
class Build:
    """What is built, and which attempt it is."""

    project: str = "local"
    pipeline: str = "pipeline"
    repository: str = "repository"
    branch: str = "refs/heads/main"
    commit: str = "0" * 40
    number: int = 1
    stage: str = "__default"
    job: str = "Job"
    attempt: int = 1
    collection: str = "https://dev.azure.com/modelyard-local/"

    def id_of(self, *names: object) -> str:
        """A GUID for something of this build: the same in every attempt."""
        return str(uuid.uuid5(_NAMES, "/".join(map(str, (self.project, self.number, *names)))))


def predefined(folders: Folders, build: Build) -> Iterator[Variable]:
    """All of them but ``Agent.JobStatus``, which changes from step to step."""
    for name, value in {
        **_agent(folders, build),
        **_build(folders, build),
        **_system(build),
    }.items():
        yield Variable(name, value, read_only=True)
    for name in ("System.DefaultWorkingDirectory", "System.ArtifactsDirectory"):
        folder = folders.sources if name.startswith("System.Default") else folders.build / "a"
        yield Variable(name, str(folder), read_only=True)


def _agent(folders: Folders, build: Build) -> dict[str, str]:
    return {
        "Agent.BuildDirectory": str(folders.build),
        "Agent.HomeDirectory": str(folders.work.parent),
        "Agent.Id": "1",
        "Agent.IsSelfHosted": "1",
        "Agent.JobName": build.job,
        "Agent.MachineName": socket.gethostname(),
        "Agent.Name": "local",
        "Agent.OS": _SYSTEMS.get(platform.system(), platform.system()),
        "Agent.OSArchitecture": _ARCHITECTURES.get(platform.machine().lower(), "X64"),
        "Agent.RootDirectory": str(folders.work),
        "Agent.TempDirectory": str(folders.temporary),
        "Agent.ToolsDirectory": str(folders.tools),
        "Agent.Version": "4.265.1",
        "Agent.WorkFolder": str(folders.work),
        "Pipeline.Workspace": str(folders.build),
        "Common.TestResultsDirectory": str(folders.build / "TestResults"),
    }


def _build(folders: Folders, build: Build) -> dict[str, str]:
    return {
        "Build.ArtifactStagingDirectory": str(folders.build / "a"),
        "Build.BinariesDirectory": str(folders.build / "b"),
        "Build.BuildId": str(build.number),
        "Build.BuildNumber": str(build.number),
        "Build.ContainerId": str(build.number),
        "Build.DefinitionName": build.pipeline,
        "Build.Reason": "Manual",
        "Build.Repository.Clean": "False",
        "Build.Repository.ID": build.id_of("repository", build.repository),
        "Build.Repository.LocalPath": str(folders.sources),
        "Build.Repository.Name": build.repository,
        "Build.Repository.Provider": "TfsGit",
        "Build.SourceBranch": build.branch,
        "Build.SourceBranchName": build.branch.rpartition("/")[2],
        "Build.SourcesDirectory": str(folders.sources),
        "Build.SourceVersion": build.commit,
        "Build.StagingDirectory": str(folders.build / "a"),
    }


def _system(build: Build) -> dict[str, str]:
    return {
        "System": "build",
        "System.CollectionUri": build.collection,
        "System.Culture": "en-US",
        "System.DefinitionId": "1",
        "System.DefinitionName": build.pipeline,
        "System.HostType": "build",
        "System.JobAttempt": str(build.attempt),
        "System.JobDisplayName": build.job,
        "System.JobId": build.id_of("job", build.stage, build.job),
        "System.JobName": build.job,
        "System.PhaseAttempt": str(build.attempt),
        "System.PhaseName": build.job,
        "System.PlanId": build.id_of("plan"),
        "System.StageAttempt": str(build.attempt),
        "System.StageName": build.stage,
        "System.TeamFoundationCollectionUri": build.collection,
        "System.TeamProject": build.project,
        "System.TeamProjectId": build.id_of("project"),
        "System.TimelineId": build.id_of("plan"),
    }
