"""Which jobs may ask for identity tokens."""

from __future__ import annotations

import pytest

from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.workflows.identities import TOKEN, URL, Identities
from modelyard.local.workflows.leaves import leaves
from modelyard.runner_errors import PipelineError
from workflow_files import NewPlan

CALLED = ".github__workflows__called"
WRITE = "permissions: {contents: read, id-token: write}"


def job(permissions: str = "", rest: str = "runs-on: x, steps: [{run: echo}]") -> str:
    return f"{{{', '.join(filter(None, (permissions, rest)))}}}"


def main(workflow: str = "", a: str = "", b: str = "") -> str:
    return f"on: push\n{workflow}\njobs: {{a: {job(a)}, b: {job(b)}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (main(), []),
        (main(WRITE), ["a", "b"]),
        (main(WRITE, a="permissions: {}"), ["b"]),
        (main(WRITE, a="permissions: {contents: read}"), ["b"]),
        (main("permissions: {}", a=WRITE), ["a"]),
        (main("permissions: write-all", b="permissions: read-all"), ["a"]),
        (main("permissions: {id-token: none}"), []),
    ],
)
def test_those_with_the_permission(new_plan: NewPlan, text: str, expected: list[str]) -> None:
    plan = new_plan(text)

    assert [one.key for one in leaves(plan.workflow) if one.identity] == expected
    assert [one.id for one in plan.workflow.jobs if one.begins_here] == expected


@pytest.mark.parametrize(
    ("caller", "workflow", "a", "expected"),
    [
        (WRITE, "", "", ["call/a", "call/b"]),
        (WRITE, "permissions: {}", WRITE, ["call/a"]),
        (WRITE, "", "permissions: {}", ["call/b"]),
        ("", "", "", []),
    ],
)
def test_those_of_a_called_workflow(
    new_plan: NewPlan, caller: str, workflow: str, a: str, expected: list[str]
) -> None:
    called = main(workflow, a).replace("on: push", "on: workflow_call")
    calling = job(caller, "uses: ./.github/workflows/called.yml")
    plan = new_plan(f"on: push\njobs: {{call: {calling}}}", **{CALLED: called})

    assert [one.key for one in leaves(plan.workflow) if one.identity] == expected


@pytest.mark.parametrize("caller", ["", "permissions: {contents: read}"])
def test_a_called_job_that_asks_for_more_than_its_caller_has(
    new_plan: NewPlan, caller: str
) -> None:
    called = main("", WRITE).replace("on: push", "on: workflow_call")
    calling = job(caller, "uses: ./.github/workflows/called.yml")
    with pytest.raises(PipelineError) as caught:
        new_plan(f"on: push\njobs: {{call: {calling}}}", **{CALLED: called})

    [found] = caught.value.problems
    assert str(found).startswith(".github/workflows/main.yml:2:8: call calls ./.github/")
    assert "whose job a asks for the permission id-token: write" in str(found)


def test_it_is_told_once_where_the_user_can_mend_it(new_plan: NewPlan) -> None:
    called = main("", WRITE).replace("on: push", "on: workflow_call")
    between = (
        f"on: workflow_call\njobs: {{a: {job(WRITE, 'uses: ./.github/workflows/called.yml')}}}"
    )
    calling = job("", "uses: ./.github/workflows/between.yml")
    with pytest.raises(PipelineError) as caught:
        new_plan(
            f"on: push\njobs: {{call: {calling}}}",
            **{CALLED: called, CALLED.replace("called", "between"): between},
        )

    [found] = caught.value.problems
    assert str(found).startswith(".github/workflows/main.yml:2:8: call calls ./.github/")


@pytest.mark.parametrize(
    ("permissions", "message"),
    [
        ("permissions: all", "permissions are read-all, write-all or a mapping"),
        ("permissions: [id-token]", "permissions are a mapping, not a list"),
        ("permissions: {id-token: read}", "the permission id-token is write or none"),
        ("permissions: {contents: yes}", "the permission contents is read, write or none"),
    ],
)
def test_what_is_wrong(new_plan: NewPlan, permissions: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        new_plan(main(permissions))


def test_a_misspelt_permission_is_a_warning(new_plan: NewPlan) -> None:
    [(place, message)] = new_plan(main("permissions: {id_token: write}")).warnings

    assert (place.line, message) == (2, "id_token is no permission (did you mean id-token?)")


def test_what_the_issuer_is_told(new_plan: NewPlan) -> None:
    called = f"on: workflow_call\njobs: {{a: {job()}}}\n"
    own = job(WRITE, "uses: ./.github/workflows/called.yml")
    other = job(WRITE, "uses: OWNER/library/.github/workflows/called.yml@v1, with: {to: x}, "
                "secrets: {token: x}")  # fmt: skip
    text = f"on: push\njobs: {{own: {own}, other: {other}, a: {job(WRITE)}, b: {job()}}}"
    found = leaves(new_plan(text, **{CALLED: called}).workflow)
    told: list[dict[str, str]] = []

    def start_job(job: dict[str, str]) -> dict[str, str]:
        told.append(job)
        return {"subject": "x", URL: "https://there", TOKEN: "to-be-masked"}

    facts = {"repository": "me/mine", "ref": "refs/heads/x"}
    path = ".github/workflows/main.yml"
    masker = RunMasker()
    ask = Identities(start_job, {one.ids: one for one in found}, facts, path, masker)  # type: ignore[arg-type]

    assert ask(("b",), "prod") == {}
    assert ask(("nobody",), "") == {}
    assert ask(("a",), "prod") == {URL: "https://there", TOKEN: "to-be-masked"}
    ask(("own", "a"), "")
    ask(("other", "first"), "")
    assert masker.mask("to-be-masked") == "***"
    assert told[0]["environment"] == "prod"
    assert {one["workflow_ref"] for one in told} == {f"me/mine/{path}@refs/heads/x"}
    assert [one["job_workflow_ref"] for one in told] == [
        f"me/mine/{path}@refs/heads/x",
        "me/mine/.github/workflows/called.yml@refs/heads/x",
        "OWNER/library/.github/workflows/called.yml@v1",
    ]
