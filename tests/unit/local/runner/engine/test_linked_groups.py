"""Variable groups whose values are in a key vault: each job reads them when it starts."""

from __future__ import annotations

from typing import Any

from modelyard.local.runner.engine.events import Notice
from modelyard.local.runner.engine.job_variables import LinkedGroup
from modelyard.runner_errors import GroupError

PIPELINE = """
    stages:
    - stage: one
      variables: [{group: G}]
      condition: eq(variables['token'], '')
      jobs:
      - job: a
        steps:
        - checkout: none
        - bash: echo "it has ${#T} of $T, $P"
          env: {T: $(token), P: $(pem)}
      - job: b
        condition: eq(variables.token, 'value-of-token')
        dependsOn: a
        steps:
        - checkout: none
        - bash: echo "${TOKEN:-not there}"
    - stage: two
      jobs:
      - job: c
        steps: [{checkout: none}, {bash: echo without}]
    """


def group(read: Any) -> LinkedGroup:
    return LinkedGroup(("token", "pem"), read)


def test_values_come_when_a_job_starts_and_are_masked_before(run: Any) -> None:
    reads: list[int] = []

    def read() -> dict[str, str]:
        reads.append(1)
        return {"token": "value-of-token", "pem": "-----BEGIN\n  abcdefgh1234\n-----END"}

    done = run(PIPELINE, groups={"g": group(read)})
    assert done.result == "Succeeded"
    assert len(reads) == 2  # one for each job that has the group, none for a stage
    assert "it has 14 of ***, ***" in done.lines
    assert "not there" in done.lines
    everything = "\n".join(repr(one) for one in done.events)
    everything += "\n".join(
        one.read_text("utf-8", "replace") for one in done.folder.rglob("*") if one.is_file()
    )
    assert "value-of-token" not in everything
    assert "abcdefgh1234" not in everything
    (first, *_) = [one.text for one in done.events if isinstance(one, Notice)]
    assert first.startswith("pem has 3 lines: an agent of Azure Pipelines doesn't mask them")


def test_a_vault_that_refuses_fails_the_jobs_that_need_it(run: Any) -> None:
    def read() -> dict[str, str]:
        raise GroupError("the variable group G has no values: refused")

    done = run(PIPELINE.replace("- stage: two", "- stage: two\n      dependsOn: []"),
               groups={"g": group(read)})  # fmt: skip
    assert done.result == "Failed"
    results = {"/".join(node.path): node.result.text for node in done.history.root.below()
               if len(node.path) == 2}  # fmt: skip
    assert results == {"one/a": "Failed", "one/b": "Failed", "two/c": "Succeeded"}
    notices = [one.text for one in done.events if isinstance(one, Notice)]
    assert any("the variable group G has no values: refused" in one for one in notices)
