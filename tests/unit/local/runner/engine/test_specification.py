"""What a run does, sentence by sentence: each row names where it is said, and a pipeline that shows
it. Steps print ``> ...``; those lines, in order, are what is compared."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from modelyard.local.runner.engine.events import Progress

DOCS = "learn.microsoft.com/azure/devops/pipelines/"
MEASURED = "PGielniak/azdo-pipeline-emulator at c13a24e4, research/experiments/"
AGENT = "microsoft/azure-pipelines-agent src/Agent.Worker/"


class Row(NamedTuple):
    sentence: str
    source: str
    pipeline: str
    printed: list[str]
    result: str = "Succeeded"
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed


def steps(text: str) -> str:
    """A pipeline of steps without a checkout."""
    lines = "\n".join(f"  {line}" for line in text.strip().splitlines())
    return f"steps:\n  - checkout: none\n{lines}\n"


ROWS = [
    Row(
        "a macro is replaced in a script",
        DOCS + "process/variables",
        "variables: {a: one}\n" + steps("- bash: echo '> $(a) $(A)'"),
        ["> one one"],
    ),
    Row(
        "a macro that names nothing stays",
        AGENT + "VarUtil.cs",
        steps("- bash: echo '> $(nothing)'"),
        ["> $(nothing)"],
    ),
    Row(
        "macros are expanded in one pass",
        AGENT + "VarUtil.cs",
        steps(
            "- bash: printf '##vso[task.setvariable variable=a]$(%s)\\n' b\n"
            '- bash: echo "##vso[task.setvariable variable=c]\\$(nowhere)"\n'
            "- bash: echo '> $(c)'"
        ),
        ["> $(nowhere)"],
    ),
    Row(
        "a variable's value may name others, in any depth",
        AGENT + "Variables.cs",
        "variables: {a: $(b)!, b: $(c)?, c: deep}\n" + steps("- bash: echo '> $(a)'"),
        ["> deep?!"],
    ),
    Row(
        "a circle of variables isn't replaced",
        AGENT + "Variables.cs",
        "variables: {a: $(b), b: $(a)}\n" + steps("- bash: echo '> $(a)'"),
        ["> $(b)"],
    ),
    Row(
        "values are filled in anew before each step",
        AGENT + "StepsRunner.cs",
        "variables: {a: $(b), b: old}\n"
        + steps("- bash: echo '##vso[task.setvariable variable=b]new'\n- bash: echo '> $(a)'"),
        ["> new"],
    ),
    Row(
        "a variable that a step sets is seen by later steps only",
        DOCS + "scripts/logging-commands",
        "variables: {a: old}\n"
        + steps(
            "- bash: echo '##vso[task.setvariable variable=a]new'; echo \"> $A\"\n"
            '- bash: echo "> $A"'
        ),
        ["> old", "> new"],
    ),
    Row(
        "a job's variable goes before the stage's, the pipeline's and the run's",
        DOCS + "process/variables (Variable scopes)",
        """
        variables: {p: pipeline, s: pipeline, j: pipeline}
        stages:
        - stage: A
          variables: {s: stage, j: stage}
          jobs:
          - job: J
            variables: {j: job}
            steps:
            - checkout: none
            - bash: echo '> $(q) $(p) $(s) $(j)'
        """,
        ["> run pipeline stage job"],
        settings={"variables": {"q": "run", "p": "run", "s": "run", "j": "run"}},
    ),
    Row(
        "a runtime expression is the whole value of a variable",
        DOCS + "process/variables",
        'variables: {a: x, b: "$[format(\'{0}y\', variables.a)]", c: "$[variables.a] z"}\n'
        + steps("- bash: echo '> $(b) $(c)'"),
        ["> xy $[variables.a] z"],
    ),
    Row(
        "counter is the same within a run",
        DOCS + "process/expressions (counter)",
        """
        variables: {n: "$[counter('', 7)]"}
        jobs:
        - job: A
          steps: [{checkout: none}, {bash: "echo '> $(n)'"}]
        - job: B
          dependsOn: A
          steps: [{checkout: none}, {bash: "echo '> $(n)'"}]
        """,
        ["> 7", "> 7"],
    ),
    Row(
        "secrets aren't in the environment unless env maps them",
        DOCS + "process/set-secret-variables",
        steps(
            "- bash: echo '##vso[task.setvariable variable=s;issecret=true]hidden-one'\n"
            '- bash: echo "> ${S:-none} ${MAPPED:0:6}"\n  env: {MAPPED: $(s)}'
        ),
        ["> none hidden"],
    ),
    Row(
        "by default a step runs if nothing failed",
        DOCS + "process/conditions",
        steps(
            "- bash: exit 1\n- bash: echo '> no'\n- bash: echo '> always'\n  condition: always()\n"
            "- bash: echo '> failed'\n  condition: failed()\n"
            "- bash: echo '> either'\n  condition: succeededOrFailed()\n"
            "- bash: echo '> canceled'\n  condition: canceled()"
        ),
        ["> always", "> failed", "> either"],
        "Failed",
    ),
    Row(
        "a condition without a status function replaces the default",
        DOCS + "process/conditions",
        steps("- bash: exit 1\n- bash: echo '> yes'\n  condition: eq(1, 1)"),
        ["> yes"],
        "Failed",
    ),
    Row(
        "a condition that has no value fails the step",
        AGENT + "StepsRunner.cs",
        "variables: {word: text}\n"
        + steps("- bash: echo '> no'\n  condition: gt(1, variables.word)"),
        [],
        "Failed",
    ),
    Row(
        "continueOnError makes a failure an issue",
        AGENT + "StepsRunner.cs",
        steps('- bash: exit 1\n  continueOnError: true\n- bash: echo "> $AGENT_JOBSTATUS"'),
        ["> SucceededWithIssues"],
        "SucceededWithIssues",
    ),
    Row(
        "a step with enabled: false doesn't run",
        DOCS + "yaml-schema/steps-task",
        steps("- bash: echo '> no'\n  enabled: false\n- bash: echo '> yes'"),
        ["> yes"],
    ),
    Row(
        "task.complete says how the step ended",
        DOCS + "scripts/logging-commands",
        steps("- bash: echo '##vso[task.complete result=SucceededWithIssues]so so'"),
        [],
        "SucceededWithIssues",
    ),
    Row(
        "prependpath is seen by later steps",
        DOCS + "scripts/logging-commands",
        steps(
            "- bash: mkdir bin; printf '#!/bin/sh\\necho \"> mine\"\\n' > bin/mytool; "
            'chmod +x bin/mytool; echo "##vso[task.prependpath]$PWD/bin"\n- bash: mytool'
        ),
        ["> mine"],
    ),
    Row(
        "env of a step is in its environment",
        DOCS + "yaml-schema/steps-bash",
        "variables: {a: b}\n" + steps("- bash: echo \"> $X\"\n  env: {X: 'a $(a)'}"),
        ["> a b"],
    ),
    Row(
        "TF_BUILD is True",
        DOCS + "build/variables",
        steps('- bash: echo "> $TF_BUILD"'),
        ["> True"],
    ),
    Row(
        "jobs without dependsOn don't wait for each other; dependencies.X.outputs hands on",
        DOCS + "process/variables (Use outputs in the same stage)",
        """
        jobs:
        - job: A
          steps:
          - checkout: none
          - bash: echo '##vso[task.setvariable variable=v;isoutput=true]handed'
            name: s
        - job: B
          dependsOn: A
          variables: {got: "$[dependencies.A.outputs['s.v']]"}
          steps: [{checkout: none}, {bash: "echo '> $(got)'"}]
        """,
        ["> handed"],
    ),
    Row(
        "an output is read as step.variable in its own job",
        DOCS + "process/variables",
        steps(
            "- bash: echo '##vso[task.setvariable variable=v;isoutput=true]x'\n  name: s\n"
            "- bash: echo '> $(s.v) $(v)'"
        ),
        ["> x $(v)"],
    ),
    Row(
        "a leg's outputs begin with its name; a leg has its variables",
        DOCS + "process/expressions (dependencies)",
        """
        jobs:
        - job: A
          strategy: {matrix: {one: {v: '1'}, two: {v: '2'}}}
          steps:
          - checkout: none
          - bash: echo '##vso[task.setvariable variable=o;isoutput=true]$(v) $(System.JobName)'
            name: s
        - job: B
          dependsOn: A
          variables:
            a: $[dependencies.A.outputs['one.s.o']]
            b: $[dependencies.A.outputs['two.s.o']]
          steps: [{checkout: none}, {bash: "echo '> $(a), $(b)'"}]
        """,
        ["> 1 one, 2 two"],
    ),
    Row(
        "a matrix may come from an output, as JSON",
        DOCS + "process/phases",
        """
        jobs:
        - job: A
          steps:
          - checkout: none
          - bash: |
              echo '##vso[task.setvariable variable=m;isoutput=true]{"x": {"v": 1}}'
            name: s
        - job: B
          dependsOn: A
          strategy: {matrix: "$[dependencies.A.outputs['s.m']]"}
          steps: [{checkout: none}, {bash: "echo '> $(v)'"}]
        """,
        ["> 1"],
    ),
    Row(
        "parallel copies know their position",
        DOCS + "process/phases (Slicing)",
        """
        jobs:
        - job: A
          strategy: {parallel: 2, maxParallel: 1}
          steps:
          - checkout: none
          - bash: echo "> $SYSTEM_JOBPOSITIONINPHASE of $SYSTEM_TOTALJOBSINPHASE"
        """,
        ["> 1 of 2", "> 2 of 2"],
    ),
    Row(
        "a stage waits for the one before; its condition sees that one's outputs",
        DOCS + "process/expressions (Stage to stage dependencies)",
        """
        stages:
        - stage: A
          jobs:
          - job: J
            steps:
            - checkout: none
            - bash: echo '##vso[task.setvariable variable=v;isoutput=true]go'
              name: s
        - stage: B
          condition: and(succeeded(), eq(dependencies.A.outputs['J.s.v'], 'go'))
          variables: {got: "$[stageDependencies.A.J.outputs['s.v']]"}
          jobs:
          - job: K
            steps: [{checkout: none}, {bash: "echo '> $(got) ${{ 1 }}'"}]
        - stage: C
          condition: eq(dependencies.B.result, 'Failed')
          jobs: [{job: L, steps: [{checkout: none}, {bash: "echo '> no'"}]}]
        """,
        ["> go 1"],
    ),
    Row(
        "what depends on a failed job is skipped, also indirectly",
        DOCS + "process/conditions",
        """
        jobs:
        - job: A
          steps: [{checkout: none}, {bash: exit 1}]
        - job: B
          dependsOn: A
          condition: failed()
          steps: [{checkout: none}, {bash: "echo '> b'"}]
        - job: C
          dependsOn: B
          steps: [{checkout: none}, {bash: "echo '> c'"}]
        - job: D
          dependsOn: C
          condition: always()
          steps: [{checkout: none}, {bash: "echo '> d'"}]
        """,
        ["> b", "> d"],
        "Failed",
    ),
    Row(
        "a job with continueOnError doesn't stop others",
        DOCS + "yaml-schema/jobs-job",
        """
        jobs:
        - job: A
          continueOnError: true
          steps: [{checkout: none}, {bash: exit 1}]
        - job: B
          dependsOn: A
          steps: [{checkout: none}, {bash: "echo '> b'"}]
        """,
        ["> b"],
        "SucceededWithIssues",
    ),
    Row(
        "succeeded('A') looks at A alone",
        DOCS + "process/expressions (Job status check functions)",
        """
        jobs:
        - job: A
          steps: [{checkout: none}, {bash: exit 0}]
        - job: B
          steps: [{checkout: none}, {bash: exit 1}]
        - job: C
          dependsOn: [A, B]
          condition: succeeded('A')
          steps: [{checkout: none}, {bash: "echo '> c'"}]
        """,
        ["> c"],
        "Failed",
    ),
    Row(
        "a deployment that runs once: its hooks in order, then on success",
        DOCS + "process/deployment-jobs",
        """
        jobs:
        - deployment: D
          environment: test
          strategy:
            runOnce:
              preDeploy: {steps: [{bash: "echo '> pre $(Strategy.CycleName)'"}]}
              deploy: {steps: [{bash: "echo '> deploy $(Environment.Name) $(strategy.name)'"}]}
              routeTraffic: {steps: [{bash: "echo '> route'"}]}
              postRouteTraffic: {steps: [{bash: "echo '> post'"}]}
              on:
                success: {steps: [{bash: "echo '> success'"}]}
                failure: {steps: [{bash: "echo '> failure'"}]}
        """,
        ["> pre PreIteration", "> deploy test runOnce", "> route", "> post", "> success"],
    ),
    Row(
        "when a hook fails the rest is left out and on failure runs",
        DOCS + "process/deployment-jobs",
        """
        jobs:
        - deployment: D
          environment: test
          strategy:
            runOnce:
              deploy: {steps: [{bash: exit 1}]}
              routeTraffic: {steps: [{bash: "echo '> route'"}]}
              on:
                success: {steps: [{bash: "echo '> success'"}]}
                failure: {steps: [{bash: "echo '> $(strategy.action)'"}]}
        """,
        ["> reject"],
        "Failed",
    ),
    Row(
        "canary: preDeploy once, the others for each increment",
        DOCS + "process/deployment-jobs",
        """
        jobs:
        - deployment: D
          environment: test
          strategy:
            canary:
              increments: [10, 20]
              preDeploy: {steps: [{bash: "echo '> pre'"}]}
              deploy:
                steps:
                - bash: |
                    echo '> $(strategy.action) $(strategy.increment)'
                    echo '##vso[task.setvariable variable=o;isoutput=true]at $(strategy.increment)'
                  name: s
              on: {success: {steps: [{bash: "echo '> $(strategy.action)'"}]}}
        - job: B
          dependsOn: D
          variables: {o: "$[dependencies.D.outputs['deploy_10.s.o']]"}
          steps: [{checkout: none}, {bash: "echo '> $(o)'"}]
        """,
        ["> pre", "> deploy 10", "> deploy 20", "> promote", "> at 10"],
    ),
    Row(
        "rolling: batch after batch over the environment's resources",
        DOCS + "process/deployment-jobs",
        """
        jobs:
        - deployment: D
          environment: {name: vms, resourceType: VirtualMachine}
          strategy:
            rolling:
              maxParallel: 50%
              deploy: {steps: [{bash: "echo '> $(Environment.ResourceName)'"}]}
              postRouteTraffic: {steps: [{bash: "echo '> check $(Environment.ResourceName)'"}]}
        """,
        ["> a", "> check a", "> b", "> check b"],
        settings={"resources": {"vms": ("a", "b")}},
    ),
    Row(
        "outputs of a deployment that runs once begin with its name, or with the hook's",
        DOCS + "process/deployment-jobs (Support for output variables)",
        """
        jobs:
        - deployment: D
          environment: test.vm1
          strategy:
            runOnce:
              deploy:
                steps:
                - bash: echo '##vso[task.setvariable variable=o;isoutput=true]x'
                  name: s
        - job: B
          dependsOn: D
          variables:
            a: $[dependencies.D.outputs['D.s.o']]
            b: $[dependencies.D.outputs['Deploy.s.o']]
            c: $[dependencies.D.outputs['Deploy_vm1.s.o']]
          steps: [{checkout: none}, {bash: "echo '> $(a)$(b)$(c)'"}]
        """,
        ["> xxx"],
    ),
    Row(
        "a deployment checks nothing out and downloads what the run has published",
        DOCS + "process/deployment-jobs",
        """
        stages:
        - stage: A
          jobs:
          - job: J
            steps:
            - checkout: none
            - bash: echo hello > hello.txt
            - publish: hello.txt
              artifact: drop
        - stage: B
          jobs:
          - deployment: D
            environment: test
            strategy:
              runOnce:
                deploy:
                  steps:
                  - bash: echo "> $(cat $PIPELINE_WORKSPACE/drop/hello.txt) $(ls | wc -l)"
        """,
        ["> hello 0"],
    ),
    Row(
        "several checkouts go into folders of their own",
        DOCS + "repos/multi-repo-checkout",
        """
        steps:
        - checkout: self
        - checkout: self
          path: elsewhere
        - bash: echo "> $(ls) $(ls ../elsewhere) ${BUILD_SOURCESDIRECTORY##*/}"
        """,
        ["> repository azure-pipelines.yml s"],
    ),
    Row(
        "one checkout with a path moves the sources",
        AGENT + "PluginInternalCommandExtension.cs",
        """
        steps:
        - checkout: self
          path: src/mine
        - bash: echo "> ${BUILD_SOURCESDIRECTORY#$AGENT_BUILDDIRECTORY/} ${PWD##*/} $(ls)"
        """,
        ["> src/mine mine azure-pipelines.yml"],
    ),
    Row(
        "the folders of the agent are there",
        DOCS + "build/variables",
        steps("- bash: cd $AGENT_BUILDDIRECTORY; echo \"> $(ls | tr '\\n' ' ')\""),
        ["> TestResults a b s "],
    ),
    Row(
        "restricted commands may not upload",
        DOCS + "process/tasks (target)",
        steps(
            "- bash: echo hi > f; echo \"##vso[task.uploadsummary]$PWD/f\"; echo '> on'\n"
            "  target: {commands: restricted}"
        ),
        ["> on"],
    ),
    Row(
        "settableVariables limits what a step may set",
        DOCS + "yaml-schema/target",
        steps(
            "- bash: echo '##vso[task.setvariable variable=a]1'; "
            "echo '##vso[task.setvariable variable=b]1'\n"
            "  target: {settableVariables: [b]}\n- bash: echo '> $(a) $(b)'"
        ),
        ["> $(a) 1"],
    ),
    Row(
        "a group's variables are there, its secrets masked",
        DOCS + "library/variable-groups",
        "variables: [{group: g}]\n" + steps("- bash: echo '> $(plain) $(key)'"),
        ["> seen ***"],
        settings={"groups": "g"},
    ),
    Row(
        "the run's number follows name",
        DOCS + "process/run-number",
        "name: v$(Major).$(Rev:r)\nvariables: {Major: 3}\n"
        + steps("- bash: echo '> $(Build.BuildNumber)'"),
        ["> v3.1"],
    ),
    Row(
        "resources holds repositories, self among them, however their names are spelt",
        MEASURED + "E02-resources",
        "resources:\n  repositories:\n"
        "  - {repository: Mixed, type: git, name: shared/oracle, ref: refs/tags/v1}\n"
        "variables:\n"
        "  own: $[ join(' ', resources.repositories.*.type) ]\n"
        "  ref: $[ resources.repositories.mixed.REF ]\n"
        "  name: $[ resources.repositories['Mixed'].name ]\n"
        "  branch: $[ eq(resources.repositories.self.ref, variables['Build.SourceBranch']) ]\n"
        "  none: $[ coalesce(resources.repositories.no.ref, resources.pipeline.x.runID, '-') ]\n"
        + steps("- bash: echo '> $(own), $(ref), $(name), $(branch), $(none)'"),
        ["> Git git, refs/tags/v1, shared/oracle, True, -"],
    ),
    Row(
        "resources holds containers",
        MEASURED + "E02-resources",
        "resources: {containers: [{container: base, image: alpine:3.20}]}\n"
        "variables: {image: '$[ resources.containers.base.image ]'}\n"
        + steps("- bash: echo '> $(image)'"),
        ["> alpine:3.20"],
    ),
    Row(
        "a variable that is read-only can't be set by a step",
        "microsoft/azure-pipelines-agent issue 2865; " + AGENT + "TaskCommandExtension.cs",
        "variables: [{name: a, value: one, readonly: true}]\n"
        + steps(
            "- bash: echo '##vso[task.setvariable variable=a]two'\n"
            "- bash: echo '> $(a)'\n  condition: failed()"
        ),
        ["> one"],
        "Failed",
    ),
    Row(
        "results of jobs and stages are words",
        DOCS + "process/expressions (Dependencies)",
        """
        stages:
        - stage: S
          jobs:
          - job: good
            steps: [{checkout: none}, {bash: 'true'}]
          - job: issues
            continueOnError: true
            steps: [{checkout: none}, {bash: exit 1}]
          - job: bad
            steps: [{checkout: none}, {bash: exit 1}]
          - job: left
            dependsOn: bad
            steps: [{checkout: none}, {bash: 'true'}]
          - job: told
            dependsOn: [good, issues, bad, left]
            condition: always()
            variables:
              a: $[join(' ', dependencies.*.result)]
            steps: [{checkout: none}, {bash: "echo '> $(a)'"}]
        - stage: T
          condition: eq(dependencies.S.result, 'Failed')
          jobs:
          - job: J
            variables: {b: "$[stageDependencies.S.left.result]"}
            steps: [{checkout: none}, {bash: "echo '> $(b)'"}]
        """,
        ["> Succeeded SucceededWithIssues Failed Skipped", "> Skipped"],
        "Failed",
    ),
    Row(
        "every job begins with a clean workspace, as workspace: {clean: all} has it",
        DOCS + "yaml-schema/workspace",
        """
        jobs:
        - job: A
          workspace: {clean: all}
          steps: [{checkout: none}, {bash: touch left}]
        - job: B
          dependsOn: A
          steps: [{checkout: none}, {bash: 'echo "> $(ls | wc -l)"'}]
        """,
        ["> 0"],
    ),
    Row(
        "updatebuildnumber changes it",
        DOCS + "scripts/logging-commands",
        steps(
            "- bash: echo '##vso[build.updatebuildnumber]mine'\n"
            "- bash: echo '> $(Build.BuildNumber)'"
        ),
        ["> mine"],
    ),
]


def test_results_that_a_command_publishes_are_those_of_the_run(run: Any) -> None:
    """``results.publish`` (ResultsCommandExtension.cs) does what PublishTestResults@2 does."""
    done = run(
        steps(
            """
- bash: |
    echo '<testsuite name="s"><testcase name="a" classname="c"/></testsuite>' > junit.xml
    echo "##vso[results.publish type=JUnit;resultFiles=$PWD/junit.xml;runTitle=mine]"
"""
        )
    )

    assert done.result == "Succeeded", done.lines
    assert [(one.title, len(one.cases)) for _, one in done.state.collected.tests] == [("mine", 1)]


def test_coverage_that_a_command_publishes_is_that_of_the_run(run: Any) -> None:
    """``codecoverage.publish`` (CodeCoverageCommandExtension.cs)."""
    done = run(
        steps(
            """
- bash: |
    echo '<coverage lines-covered="3" lines-valid="4"/>' > coverage.xml
    echo "##vso[codecoverage.publish summaryfile=$PWD/coverage.xml]"
"""
        )
    )

    assert done.result == "Succeeded", done.lines
    (found,) = [one for _, one in done.state.collected.coverage]
    assert (found.lines_covered, found.lines_total) == (3, 4)


def test_files_that_commands_hand_over_are_the_runs(run: Any) -> None:
    """``uploadfile``, ``uploadlog``, ``addattachment``, ``artifact.upload``."""
    done = run(
        steps(
            """
- bash: |
    mkdir out; echo one > out/one.txt
    echo "##vso[task.uploadfile]$PWD/out/one.txt"
    echo "##vso[build.uploadlog]$PWD/out/one.txt"
    echo "##vso[task.addattachment type=kind;name=two]$PWD/out/one.txt"
    echo "##vso[artifact.upload artifactname=drop]$PWD/out"
    echo "##vso[task.setprogress value=40]half"
"""
        )
    )

    assert done.result == "Succeeded", done.lines
    uploads = [(one.kind, one.name) for _, one in done.state.collected.uploads]
    assert uploads == [("file", "one.txt"), ("file", "one.txt"), ("kind", "two")]
    assert (done.folder / "artifacts" / "drop" / "one.txt").read_text() == "one\n"
    assert [(one.percent, one.text) for one in done.events if isinstance(one, Progress)] == [
        (40, "half")
    ]


def test_macros_of_titles_are_filled_in(run: Any) -> None:
    done = run(
        """
        variables: {a: one}
        jobs:
        - job: J
          displayName: job $(a)
          steps: [{checkout: none}, {bash: 'true', displayName: step $(a) $(none)}]
        """
    )

    assert done.node("__default", "J").title == "job one"
    assert done.node("__default", "J", "1").title == "step one $(none)"


@pytest.mark.parametrize("row", ROWS, ids=[one.sentence for one in ROWS])
def test_a_run_does_as_documented(run: Any, row: Row) -> None:
    settings = dict(row.settings)
    if settings.get("groups") == "g":
        from modelyard.local.runner.engine.job_variables import GroupValue

        values = {"plain": GroupValue("seen"), "key": GroupValue("open-sesame", secret=True)}
        settings["groups"] = {"g": values}

    done = run(row.pipeline, **settings)

    assert [line for line in done.lines if line.startswith("> ")] == row.printed, done.lines
    assert done.result == row.result
