"""``modelyard local run`` of a workflow, with act itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from modelyard.masking import forms
from parity.checkout import new_repository
from workflow_files import write

LIBRARY = {
    ".github/workflows/do.yml": """
        on:
          workflow_call:
            inputs: {to: {type: string}}
            outputs: {said: {value: "${{ jobs.do.outputs.said }}"}}
        jobs:
          do:
            name: Do it
            runs-on: [self-hosted, large]
            environment: ${{ inputs.to }}
            outputs: {said: "${{ steps.say.outputs.said }}"}
            steps:
              - id: say
                name: Say ${{ inputs.to }}
                uses: $/actions/say
                with: {text: "${{ inputs.to }}"}
              - if: always()
                run: echo always in ${{ inputs.to }}
        """,
    "actions/say/action.yml": """
        name: say
        description: Says it
        inputs: {text: {description: What}}
        outputs: {said: {description: What it was}}
        runs: {using: node20, main: main.js, post: post.js}
        """,
    "actions/say/main.js": """
        const fs = require("fs");
        fs.appendFileSync(process.env.GITHUB_OUTPUT, `said=${process.env.INPUT_TEXT}\\n`);
        fs.appendFileSync(process.env.GITHUB_STEP_SUMMARY, `# ${process.env.INPUT_TEXT}\\n`);
        fs.appendFileSync(process.env.GITHUB_STATE, `text=${process.env.INPUT_TEXT}\\n`);
        """,
    "actions/say/post.js": "console.log(`released ${process.env.STATE_text}`);",
}
WORKFLOW = """
    name: Chain
    on:
      push:
      workflow_dispatch:
        inputs: {who: {type: string, default: nobody}}
    jobs:
      make:
        runs-on: windows-2019
        steps:
          - uses: actions/checkout@v5
          - name: Make
            env: {TOKEN: "${{ secrets.TOKEN }}"}
            run: |
              echo "token ${{ secrets.TOKEN }} for ${{ inputs.who }} at ${{ vars.PLACE }}"
              echo "::add-mask::a-later-secret"
              echo "and a-later-secret"
              printf a-later-secret | base64; printf "user:$TOKEN" | base64
              printf %s "$TOKEN" | od -An -tx1 | tr -d ' \\n'; echo
              echo "::warning file=a.py,line=3::careful"
              echo "$GITHUB_REPOSITORY $GITHUB_REF $GITHUB_RUN_NUMBER $(cat new.txt)"
              mkdir out && echo content > out/file.txt
          - uses: actions/upload-artifact@v4
            with: {name: made, path: out}
          - run: exit 7
            continue-on-error: true
      do:
        needs: make
        strategy:
          max-parallel: 1
          matrix: {to: [staging, production]}
        uses: OWNER/library/.github/workflows/do.yml@v1
        with: {to: "${{ matrix.to }}"}
      take:
        needs: do
        runs-on: ubuntu-latest
        steps:
          - uses: actions/download-artifact@v4
            with: {name: made, path: there}
          - run: cat there/file.txt && echo "${{ needs.do.outputs.said }}"
    """
SECRET = "not-to-be-seen"


@dataclass(frozen=True)
class Ended:
    code: int
    output: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    @property
    def results(self) -> dict[str, str]:
        return {one["title"]: one["result"] for one in self.document["stages"]}

    def steps(self, stage: str) -> dict[str, dict[str, Any]]:
        jobs = [job for one in self.document["stages"] if one["title"] == stage
                for job in one["jobs"]]  # fmt: skip
        return {step["title"]: step for job in jobs for step in job["steps"]}

    def log(self, stage: str, step: str) -> str:
        return (self.folder / self.steps(stage)[step]["log"]).read_text("utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the workflow, and a file that isn't committed."""
    write(tmp_path / "library", LIBRARY)
    write(tmp_path / "mine", {".github/workflows/main.yml": WORKFLOW, ".gitignore": ".modelyard\n"})
    new_repository(tmp_path / "mine")
    (tmp_path / "mine/new.txt").write_text("uncommitted\n")
    return tmp_path / "mine"


def command(repository: Path, *options: str, workflow: str = "main") -> list[str]:
    return [
        sys.executable, "-m", "modelyard", "local", "run", f".github/workflows/{workflow}.yml",
        f"--repository=owner/Library={repository.parent / 'library'}",
        f"--output={repository.parent / 'results'}", "--log-format=plain", *options,
    ]  # fmt: skip


def environment(repository: Path) -> dict[str, str]:
    tools = {"AGENT_TOOLSDIRECTORY": str(repository.parent / "tools")}
    return {**os.environ, **tools, "TOKEN": SECRET, "HOME": str(repository.parent)}


def run(repository: Path, *options: str, workflow: str = "main") -> Ended:
    done = subprocess.run(
        command(repository, *options, workflow=workflow),
        cwd=repository,
        env=environment(repository),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert "Traceback" not in done.stderr
    return Ended(done.returncode, done.stdout + done.stderr, repository.parent / "results")


def test_a_whole_chain(repository: Path) -> None:
    done = run(
        repository,
        "--secret=TOKEN",
        "--variable=PLACE=home",
        "--input=who=me",
        "--approve=production",
    )

    assert done.code == 0, done.output
    assert done.results == {
        "make": "Succeeded",
        "Do it (staging)": "Succeeded",
        "Do it (production)": "Succeeded",
        "take": "Succeeded",
    }
    begins, *made = done.log("make", "Make").splitlines()
    assert begins == "##[section]Starting: Make"
    assert made[0] == "token *** for me at home"
    assert made[1] == "and ***"
    assert all("***" in one for one in made[2:5])
    assert made[5:7] == ["##[warning]careful", "local/mine refs/heads/main 1 uncommitted"]
    steps = done.steps("make")
    assert steps["Make"]["issues"][0]["properties"] == {"sourcepath": "a.py", "linenumber": "3"}
    assert steps["Run exit 7"]["result"] == "SucceededWithIssues"
    said = done.steps("Do it (production)")
    assert said["Say production"]["outputs"] == {"said": "production"}
    released = done.log("Do it (production)", "Post Say production")
    assert released == "##[section]Starting: Post Say production\nreleased production\n"
    taken = done.log("take", 'Run cat there/file.txt && echo "${{ needs.do.outputs.said }}"')
    assert taken.partition("\n")[2] == "content\nproduction\n"
    document = done.document
    assert [one["name"] for one in document["artifacts"]] == ["made"]
    summaries = [(done.folder / one["path"]).read_text("utf-8") for one in document["summaries"]]
    assert summaries == ["# staging\n", "# production\n"]
    assert [one["jobs"][0]["environment"] for one in document["stages"]] == [
        "", "staging", "production", "",
    ]  # fmt: skip
    assert document["stages"][3]["dependsOn"] == ["do/do 1", "do/do 2"]
    files = [one for one in done.folder.rglob("*") if one.is_file()]
    written = done.output + "".join(one.read_text("utf-8", "replace") for one in files)
    for secret in (SECRET, "a-later-secret"):
        assert not [form for form in forms(secret) if form in written]
    assert 'echo "and ***"' in (done.folder / "main.yml").read_text("utf-8")
    state = subprocess.run(
        ["git", "status", "--short"], cwd=repository, capture_output=True, text=True, check=True
    )
    assert state.stdout == "?? new.txt\n"


def test_an_environment_that_nobody_approves(repository: Path) -> None:
    done = run(repository)

    assert done.code == 1
    assert done.results == {
        "make": "Succeeded",
        "Do it (staging)": "Succeeded",
        "Do it (production)": "Failed",
        "take": "Skipped",
    }
    assert "run it with --approve production, or --yes" in done.output
    assert "always in staging" in done.output
    assert "always in production" not in done.output
    assert "warning: the secret TOKEN isn't given" in done.output


def test_a_step_that_writes_beside_its_action(repository: Path) -> None:
    own = "runs: {using: composite, steps: [{shell: bash, run: %s}]}\n"
    change = "'echo changed >> \"${{ github.action_path }}/state.txt\"'"
    text = """
        on: push
        jobs:
          a:
            runs-on: ubuntu-latest
            steps: [{uses: $/act}, {uses: OWNER/library/act@v1}]
        """
    write(repository, {".github/workflows/other.yml": text})
    folders = [repository / "act", repository.parent / "library/act"]
    for folder in folders:
        write(folder, {"action.yml": own % change, "state.txt": "mine\n"})

    done = run(repository, workflow="other")

    assert done.code == 0, done.output
    assert [(one / "state.txt").read_text("utf-8") for one in folders] == ["mine\n"] * 2


@pytest.mark.parametrize("approved", [False, True])
def test_no_step_runs_without_approval_whatever_its_condition(
    repository: Path, approved: bool
) -> None:
    conditions = [
        "always()", "${{ always() }}", "${{ always() }} && true", "! ${{ always() }}",
        "!cancelled()", "always() &&\n  true\n", "${{ failure() }}\n|| always()", "failure()",
        "'text' || always()", "true", 1, "'text'",
    ]  # fmt: skip
    steps = [{"if": one, "run": f"echo ran-{at}."} for at, one in enumerate(conditions)]
    job = {"runs-on": "x", "environment": "production", "steps": steps}
    text = json.dumps({"on": "push", "jobs": {"a": job}})
    write(repository, {".github/workflows/other.yml": text})

    done = run(repository, *(["--approve=production"] if approved else []), workflow="other")

    assert done.code == int(not approved), done.output
    expected = ["Succeeded" if approved else "Skipped"] * len(steps)
    expected[7] = "Skipped"
    assert [one["result"] for one in done.steps("a").values()] == expected


def test_a_folder_that_counts_as_the_repository(repository: Path) -> None:
    text = """
        on: push
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v5
              - {name: Look, run: 'ls -A; echo "$GITHUB_REPOSITORY"; git log --format=%an | wc -l'}
              - uses: $/act
        """
    act = "runs: {using: composite, steps: [{shell: bash, run: ls}]}\n"
    write(repository / "inner", {".github/workflows/other.yml": text, "act/action.yml": act})
    subprocess.run(
        ["git", "remote", "add", "origin", "https://github.com/OWNER/mine"],
        cwd=repository,
        check=True,
    )
    (repository / "inner/mine.txt").write_text("", encoding="utf-8")

    done = run(repository, "--root=inner", workflow="../../inner/.github/workflows/other")

    assert done.code == 0, done.output
    assert done.log("a", "Look").split()[2:] == [
        ".git", ".github", "act", "mine.txt", "local/inner", "1",
    ]  # fmt: skip


def test_how_jobs_end_beside_one_that_failed(repository: Path) -> None:
    text = """
        on: push
        jobs:
          call: {uses: ./.github/workflows/called.yml}
          cleanup: {needs: call, if: always(), runs-on: x, steps: [{run: echo}]}
          plain: {needs: call, runs-on: x, steps: [{run: echo}]}
          legs:
            strategy: {fail-fast: false, max-parallel: 1, matrix: {leg: [1, 2, 3, 4]}}
            runs-on: x
            steps: [{run: "test ${{ matrix.leg }} != 1"}]
        """
    called = "{on: workflow_call, jobs: {fails: {runs-on: x, steps: [{run: exit 1}]}}}"
    write(
        repository,
        {".github/workflows/other.yml": text, ".github/workflows/called.yml": called},
    )
    done = run(repository, workflow="other")

    assert done.code == 1
    assert done.results == {
        "fails": "Failed",
        "legs (1)": "Failed",
        **{f"legs ({leg})": "Succeeded" for leg in (2, 3, 4)},
        "cleanup": "Skipped",
        "plain": "Skipped",
    }
    assert re.search(r"cleanup +act ended after call/fails had failed", done.output)
    assert re.search(r"plain +call/fails failed", done.output)


def test_one_job_alone(repository: Path) -> None:
    done = run(repository, "--job=make")

    assert done.code == 0, done.output
    assert list(done.results) == ["make"]


def test_an_action_that_can_not_be_fetched(repository: Path) -> None:
    listed = "[{run: echo}, {uses: nobody-at-all/nothing@v1}]"
    text = f"on: push\njobs: {{a: {{runs-on: x, steps: {listed}}}}}\n"
    write(repository, {".github/workflows/other.yml": text})
    done = run(repository, workflow="other")

    assert done.code == 1
    assert "Where it lies here: --repository nobody-at-all/nothing=PATH" in done.output
    assert re.search(r"Run echo +the job's set-up failed", done.output)


def test_what_act_does_not_take(repository: Path) -> None:
    text = "on: push\njobs: {a: {runs-on: x, steps: [{run: x, if: 'case(true, true, false)'}]}}\n"
    write(repository, {".github/workflows/other.yml": text})

    done = run(repository, workflow="other")

    assert done.code == 1
    assert "act can't run this workflow" in done.output
    assert "Unknown Function Call case" in done.output
    assert done.results == {"a": "Skipped"}


def test_ctrl_c(repository: Path) -> None:
    text = """
        on: push
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - uses: OWNER/library/actions/say@v1
                with: {text: hello}
              - run: echo sleep''ing; sleep 987 & sleep 986
              - run: echo never
              - if: always()
                run: echo cleaning
          b: {needs: a, runs-on: ubuntu-latest, steps: [{run: echo}]}
        """
    write(repository, {".github/workflows/other.yml": text})
    process = subprocess.Popen(
        command(repository, workflow="other"),
        cwd=repository,
        env=environment(repository),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as stream:
        lines = []
        for line in stream:
            lines.append(line)
            if "sleeping" in line:  # which its command, in the step's name, doesn't have
                process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130, "".join(lines)
    done = Ended(130, "".join(lines), repository.parent / "results")
    assert done.document["result"] == "Canceled"
    assert done.results == {"a": "Canceled", "b": "Canceled"}
    steps = done.steps("a")
    assert steps["Run echo cleaning"]["result"] == "Succeeded"
    assert steps["Run echo never"]["result"] == "Skipped"
    assert "released hello" in done.output
    left = [one.info["cmdline"] for one in psutil.process_iter(["cmdline"])]
    assert not any(one[-1:] in (["987"], ["986"]) for one in left if one)


WAITING = """
    on: push
    jobs:
      a:
        runs-on: ubuntu-latest
        steps:
          - name: Wait
            env: {TOKEN: "${{ secrets.TOKEN }}"}
            run: |
              setsid sleep 985 & echo sleep''ing
              trap '' INT TERM; sleep 984
          - if: always()
            run: echo cleaning; trap '' INT TERM; sleep 983
    """


def waiting(repository: Path) -> tuple[subprocess.Popen[str], Path]:
    """A run whose first step waits, and the folder of its temporary files."""
    write(repository, {".github/workflows/other.yml": WAITING})
    scratch = Path(tempfile.mkdtemp(prefix="wf-"))  # short: it holds a socket
    process = subprocess.Popen(
        command(repository, "--secret=TOKEN", workflow="other"),
        cwd=repository,
        env={**environment(repository), "TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return process, scratch


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    assert process.stdout is not None
    found = []
    for line in process.stdout:
        found.append(line)
        if word in line:
            return found
    raise AssertionError("".join(found))


def sleepers() -> list[str]:
    left = [one.info["cmdline"] for one in psutil.process_iter(["cmdline"])]
    return [one[-1] for one in left if one and one[-1:] in (["983"], ["984"], ["985"])]


def test_a_second_ctrl_c_ends_at_once(repository: Path) -> None:
    process, scratch = waiting(repository)
    lines_until(process, "sleeping")
    process.send_signal(signal.SIGINT)
    lines_until(process, "cleaning")
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    rest, _ = process.communicate(timeout=60)

    assert process.returncode == 130, rest
    assert time.monotonic() - begun < 10
    assert rest.count("error: the run was ended before it could clean up") == 1
    assert sleepers() == []
    assert list(scratch.iterdir()) == []
    scratch.rmdir()


def test_a_run_that_is_killed_leaves_nothing(repository: Path) -> None:
    process, scratch = waiting(repository)
    lines_until(process, "sleeping")
    assert list(scratch.glob("*/secrets.yml"))
    assert "985" in sleepers()
    process.kill()
    process.communicate()

    deadline = time.monotonic() + 20
    while (sleepers() or list(scratch.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sleepers() == []
    assert list(scratch.iterdir()) == []
    scratch.rmdir()
