"""The variables that every step finds.

Source: the agent's ``Constants.cs`` (the names); learn.microsoft.com, ``build/variables``.
"""

from __future__ import annotations

from typing import Any

import pytest

NAMES = {
    "Agent": "BuildDirectory HomeDirectory Id JobName JobStatus MachineName Name OS OSArchitecture "
    "RootDirectory TempDirectory ToolsDirectory Version WorkFolder IsSelfHosted",
    "Build": "ArtifactStagingDirectory BinariesDirectory BuildId BuildNumber DefinitionName Reason "
    "Repository.ID Repository.LocalPath Repository.Name Repository.Provider Repository.Uri "
    "Repository.Clean RequestedFor SourceBranch SourceBranchName SourcesDirectory SourceVersion "
    "SourceVersionMessage StagingDirectory",
    "Pipeline": "Workspace",
    "System": "ArtifactsDirectory CollectionUri Culture DefaultWorkingDirectory DefinitionId "
    "DefinitionName HostType JobId JobName JobAttempt JobDisplayName PhaseName PlanId StageName "
    "StageAttempt TeamProject TeamProjectId TimelineId PullRequest.IsFork",
}


def test_all_of_them_are_macros_and_in_the_environment(run: Any) -> None:
    names = [f"{group}.{name}" for group, several in NAMES.items() for name in several.split()]
    lines = [
        f'echo "= {name}|$({name})|${{{name.upper().replace(".", "_")}-unset}}"' for name in names
    ]
    script = "\n".join(f"    {line}" for line in lines)

    done = run(f"steps:\n- bash: |\n{script}\n")

    found = [line[2:].split("|") for line in done.lines if line.startswith("= ")]
    assert [name for name, _, _ in found] == names
    for name, macro, environment in found:
        assert macro == environment, name
        assert "$(" not in macro, name
        assert macro or name == "Build.SourceVersionMessage", name


def test_the_jobs_token_is_a_secret_that_env_maps(run: Any) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - bash: 'echo "> ${SYSTEM_ACCESSTOKEN:-none} ${TOKEN:-none}"'
          env: {TOKEN: $(System.AccessToken)}
        """
    )

    assert "> none ***" in done.lines


def test_runs_of_two_pipelines_have_numbers_of_their_own(run: Any) -> None:
    """Else a cloud takes what one has started for the other's."""
    text = "steps: [{checkout: none}, {bash: 'echo \"> $BUILD_BUILDID\"'}]"

    assert [run(text, name=name).printed for name in ("a", "b")] == [["> 1"], ["> 2"]]


@pytest.mark.parametrize("given", ["yaml", "queue"])
def test_nothing_replaces_what_the_agent_sets(run: Any, given: str) -> None:
    """Neither the file nor ``--variable``."""
    values = dict.fromkeys(
        ("Agent.TempDirectory", "agent.os", "Pipeline.Workspace", "System.AccessToken"), "/x"
    )
    values["System.PhaseName"] = "/x"

    done = run(
        f"""
        variables: {values if given == "yaml" else {}}
        steps:
        - checkout: none
        - bash: |
            echo "> $(Agent.TempDirectory) $AGENT_OS $(Pipeline.Workspace) $(System.PhaseName)"
            test -d "$(Pipeline.Workspace)" && test "$(System.AccessToken)" != /x
        """,
        variables=values if given == "queue" else None,
    )

    assert done.result == "Succeeded"
    assert "/x" not in done.printed[0].split()


def test_nothing_replaces_what_the_service_sets(run: Any) -> None:
    done = run(
        """
        variables: {System.PhaseName: x}
        jobs:
        - job: J
          displayName: is $(System.PhaseName)
          pool: server
          steps:
          - {task: Delay@1, displayName: of $(System.PhaseName), inputs: {delayForMinutes: 0}}
        """
    )

    job = done.node("__default", "J")
    assert [job.title, job.children["1"].title] == ["is J", "of J"]
