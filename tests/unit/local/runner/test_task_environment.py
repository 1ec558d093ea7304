from __future__ import annotations

import json
from pathlib import Path

from modelyard.local.runner.job import Job
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.task_environment import TaskStep, resolve_inputs, task_environment
from modelyard.local.runner.variables import Variable
from task_folders import NewTask

CONNECTION = "0a1b2c3d-0000-4000-8000-000000000001"


def inputs_of(task: TaskDefinition, job: Job, **given: str) -> dict[str, str]:
    return resolve_inputs(task, given, job.variables, {"HOME": "/home/me"})


def test_defaults_aliases_case_and_blanks(new_task: NewTask, job: Job) -> None:
    task = new_task(
        inputs=[
            {"name": "first", "type": "string", "defaultValue": " x "},
            {"name": "second", "type": "string", "aliases": ["other"]},
        ]
    )
    assert inputs_of(task, job, Other=" \n a\nb \n", undeclared="1") == {
        "first": "x",
        "second": "a\nb",
        "undeclared": "1",
    }


def test_macros_are_filled_in_once_then_the_agents_environment(new_task: NewTask, job: Job) -> None:
    task = new_task(inputs=[{"name": "a", "type": "string"}])
    job.variables.set(Variable("x", "$(y) $(HOME)"))
    job.variables.set(Variable("y", "no"))
    assert inputs_of(task, job, a="$(X) $(z)")["a"] == "$(y) /home/me $(z)"


def test_a_path_is_made_whole_also_an_empty_one(new_task: NewTask, job: Job) -> None:
    task = new_task(inputs=[{"name": "p", "type": "filePath"}, {"name": "q", "type": "filePath"}])
    root = job.folders.sources
    assert inputs_of(task, job, p="a/../b") == {"p": str(root / "b"), "q": str(root)}
    assert inputs_of(task, job, p="/x")["p"] == "/x"


def environment(task: TaskDefinition, job: Job, step: TaskStep) -> dict[str, str]:
    inputs = resolve_inputs(task, step.inputs, job.variables, job.inherited)
    return task_environment(
        task,
        step,
        inputs,
        variables=job.variables,
        task_variables=[Variable("state.x", "s")],
        endpoints=job.endpoints,
        prepended_path=["/one", "/two"],
        inherited=job.inherited,
    )


def test_the_whole_environment(new_task: NewTask, job: Job, tmp_path: Path) -> None:
    task = new_task(
        inputs=[{"name": "some name.x", "type": "string"},
                {"name": "azure", "type": "connectedService:AzureRM"}]
    )  # fmt: skip
    job.variables.set(Variable("my.secret", "s3cret", secret=True))
    job.variables.set(Variable("my.public", "p"))
    job.endpoints = (
        Endpoint("azure", "https://management.azure.com/", "WorkloadIdentityFederation",
                 {"tenantid": "t"}, CONNECTION, {"subscriptionId": "sub"}),
        Endpoint("unused", "https://example.com/", "None", {}, CONNECTION[:-1] + "2"),
        Endpoint("SystemVssConnection", "https://dev.azure.com/local/", "OAuth",
                 {"AccessToken": "token"}),
    )  # fmt: skip
    step = TaskStep("one", {"some name.x": "1", "azure": CONNECTION}, {"MINE": "$(my.secret)"})
    found = environment(task, job, step)
    assert found["INPUT_SOME_NAME_X"] == "1"
    assert found[f"ENDPOINT_URL_{CONNECTION}"] == "https://management.azure.com/"
    assert json.loads(found[f"ENDPOINT_AUTH_{CONNECTION}"]) == {
        "scheme": "WorkloadIdentityFederation",
        "parameters": {"tenantid": "t"},
    }
    assert found[f"ENDPOINT_AUTH_SCHEME_{CONNECTION}"] == "WorkloadIdentityFederation"
    assert found[f"ENDPOINT_AUTH_PARAMETER_{CONNECTION}_TENANTID"] == "t"
    assert json.loads(found[f"ENDPOINT_DATA_{CONNECTION}"]) == {"subscriptionId": "sub"}
    assert found[f"ENDPOINT_DATA_{CONNECTION}_SUBSCRIPTIONID"] == "sub"
    assert found["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"] == "token"
    assert not any(name.endswith("0002") for name in found)
    assert found["MY_PUBLIC"] == "p"
    assert found["SECRET_MY_SECRET"] == found["MINE"] == "s3cret"
    assert "MY_SECRET" not in found
    assert "my.public" in json.loads(found["VSTS_PUBLIC_VARIABLES"])
    assert json.loads(found["VSTS_SECRET_VARIABLES"]) == ["my.secret"]
    assert found["VSTS_TASKVARIABLE_STATE_X"] == "s"
    assert found["agent.jobstatus"] == found["AGENT_JOBSTATUS"] == "Succeeded"
    assert found["PATH"].startswith("/two:/one:")
    assert found["TF_BUILD"] == "True"
    assert found["BUILD_SOURCESDIRECTORY"] == str(tmp_path / "work/1/s")
    assert found["AGENT_TOOLSDIRECTORY"] == str(tmp_path / "tools")
    assert found["SYSTEM_HOSTTYPE"] == "build"


def test_a_job_that_is_run_again_has_the_same_ids(new_task: NewTask, job: Job) -> None:
    first = environment(new_task(), job, TaskStep("one"))
    again = environment(new_task(), job, TaskStep("one"))
    for name in ("SYSTEM_JOBID", "SYSTEM_PLANID", "SYSTEM_TEAMPROJECTID"):
        assert first[name] == again[name] != ""
