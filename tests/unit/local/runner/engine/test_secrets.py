"""No secret in any file of the result folder, nor in anything shown."""

from __future__ import annotations

import base64
import json
import shlex
import urllib.parse
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelyard.local.runner.engine.job_variables import GroupValue

SECRETS = {
    "plain": "open sesame 1",
    "quoted": 'she said "no" \\ 2',
    "odd": "ä;]%&=+ 3",
    "own": "made in the job 4",
    "masked": "masked by hand 5",
    "queue": "given for the run 6",
}

PIPELINE = """
    name: $(queue)
    variables:
    - group: g
    - name: made
      value: prefix-$(plain)-suffix
    jobs:
    - job: A
      displayName: job of $(plain)
      steps:
      - checkout: none
      - bash: |
          echo '##vso[task.setvariable variable=own;issecret=true;isoutput=true]made in the job 4'
          echo '##vso[task.setsecret]masked by hand 5'
        name: s
      - bash: |
          env | sort
          echo 'masked by hand 5'
          printf '%s\\n' "$A" "$B" "$C" "$D" "$E" "$F"
          printf '%s' "$A" | base64
          printf '##vso[task.logissue type=error]%s\\n' "$A"
          printf '##vso[task.logissue type=error;sourcepath=/src/%s.py;code=%s]x\\n' "$A" "$A"
          printf 'of %s' "$A" > "$A.txt"
          printf '##vso[task.uploadfile]%s\\n' "$PWD/$A.txt"
          printf '##vso[build.addbuildtag]tag %s\\n' "$A"
          printf '##vso[build.updatebuildnumber]number %s\\n' "$A"
          printf '##vso[task.setprogress value=5]%s\\n' "$B"
          printf '# %s\\n' "$A" > summary.md
          echo "##vso[task.uploadsummary]$PWD/summary.md"
          printf '##vso[task.complete result=Failed]%s\\n' "$C"
        displayName: step of $(plain)
        env: {A: $(plain), B: $(quoted), C: $(odd), D: $(s.own), E: $(queue), F: $(made)}
      - bash: 'echo never'
        condition: gt(1, variables.plain)
    - job: B
      dependsOn: A
      condition: always()
      variables: {handed: "$[dependencies.A.outputs['s.own']]"}
      steps:
      - checkout: none
      - bash: echo "$HANDED"; echo $(handed)
    """


def test_no_secret_is_anywhere(run: Any, tmp_path: Path) -> None:
    group = {name: GroupValue(SECRETS[name], secret=True) for name in ("plain", "quoted", "odd")}
    shown: list[str] = []
    done = run(
        PIPELINE,
        groups={"g": group},
        variables={"queue": SECRETS["queue"]},
        secrets=frozenset({"queue"}),
        listeners=(lambda event: shown.append(repr(event)),),
    )

    everything = "\n".join(shown)
    for path in done.folder.rglob("*"):
        everything += path.name
        if path.is_file():
            everything += path.read_text(encoding="utf-8", errors="replace")
    for secret in SECRETS.values():
        for form in (
            secret,
            json.dumps(secret, ensure_ascii=False)[1:-1],
            urllib.parse.quote(secret, safe=""),
        ):
            assert form not in everything, form
    assert base64.b64encode(SECRETS["plain"].encode()).decode() not in everything
    assert everything.count("***") > 10
    assert done.result == "Failed"


def test_a_secret_output_stays_secret_in_the_next_job(run: Any) -> None:
    done = run(
        """
        jobs:
        - job: A
          steps:
          - checkout: none
          - bash: echo '##vso[task.setvariable variable=o;issecret=true;isoutput=true]hidden-9'
            name: s
        - job: B
          dependsOn: A
          variables: {got: "$[dependencies.A.outputs['s.o']]"}
          steps:
          - checkout: none
          - bash: echo "> ${GOT:-not in the environment} $(got)"
        """
    )

    assert "> not in the environment ***" in done.lines


TAIL = "q7Zx9"
"""Ends every secret, and stands nowhere else: not even a part of one may be seen."""
SHAPES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30
).map(lambda text: text + TAIL)
SHOW = """
    variables:
    - group: g
    - name: around
      value: before $(key) after
    steps:
    - checkout: none
    - bash: |
        printf '%s\\n' "$KEY" "<$AROUND>" "$KEY$KEY"
        cat {forms}
        printf '##vso[task.logissue type=warning]%s\\n' "$KEY"
        printf '##vso[task.complete result=SucceededWithIssues]%s\\n' "$KEY"
      displayName: step of $(key)
      env: {{KEY: $(key), AROUND: $(around)}}
    """


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(secret=SHAPES)
@example(secret=f'says "no" and \\ {TAIL}')
def test_no_secret_of_any_shape_is_anywhere(run: Any, tmp_path: Path, secret: str) -> None:
    encoded = [  # Those that the agent knows: JSON with \\u00e4 in it is none of them.
        json.dumps(secret, ensure_ascii=False)[1:-1],
        urllib.parse.quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
    ]
    forms = tmp_path / "forms"
    forms.write_text("\n".join(encoded) + "\n", encoding="utf-8")
    shown: list[str] = []
    done = run(
        SHOW.format(forms=shlex.quote(str(forms))),
        groups={"g": {"key": GroupValue(secret, secret=True)}},
        listeners=(lambda event: shown.append(repr(event)),),
    )

    assert done.result == "SucceededWithIssues", done.lines
    files = [path for path in done.folder.rglob("*") if path.is_file()]
    kept = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    everything = "\n".join([*shown, *kept])
    assert TAIL not in everything
    assert encoded[-1] not in everything
    assert everything.count("***") > 8


def test_a_bad_name_of_an_artifact_fails_the_step_and_shows_no_secret(run: Any) -> None:
    done = run(
        """
        steps:
        - checkout: none
        - bash: "echo '##vso[task.setsecret]open-sesame'"
        - bash: |
            touch f
            echo '##vso[artifact.upload artifactname=art-open-sesame/x;]'$PWD/f
        """
    )

    assert done.result == "Failed"
    assert "##[error]'art-***/x' can't be the name of an artifact" in done.lines


def test_a_setting_that_is_no_boolean_shows_no_secret(run: Any) -> None:
    done = run(
        """
        variables: {pw: Hunter2SecretX}
        steps:
        - checkout: none
        - bash: "true"
          continueOnError: $(pw)
        """,
        secrets=frozenset({"pw"}),
        variables={"pw": "Hunter2SecretX"},
    )

    assert "##[error]$(pw) is no boolean: it is '***'" in done.lines
    assert not any("hunter2" in line.lower() for line in done.lines)


def test_why_a_job_failed_before_it_began_shows_no_secret(run: Any) -> None:
    done = run(
        """
        jobs:
        - job: J
          strategy: {parallel: $(count)}
          steps: [{bash: echo}]
        """,
        variables={"count": "open sesame"},
        secrets=frozenset({"count"}),
    )

    (notice,) = done.history.notices
    assert notice.text == "J: $(count) is no whole number: it is '***'"
    assert done.node("__default", "J").note == notice.text.removeprefix("J: ")
    assert "sesame" not in (done.folder / "run.json").read_text()
