"""From what a client sends to a graph that the engine runs."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.computes import Computes
from modelyard.local.cloud.aml.environments import of_environment
from modelyard.local.cloud.aml.execution.graph import (
    Command,
    Graph,
    GraphError,
    Node,
    Produced,
    Target,
    input_path,
    output_path,
)
from modelyard.local.cloud.aml.jobs import bindings
from modelyard.local.cloud.aml.jobs.values import Values
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.arm import exceptions

Json = dict[str, Any]
SERVERLESS = "serverless"
RUNNABLE = ("AmlCompute", "Kubernetes", "ComputeInstance")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_TARGET = re.compile(r"jobs\.(.+)\.outputs\.([^.]+)")


class Translation:
    """For jobs of one workspace. Everything raises ArmError with what is wrong with the job."""

    def __init__(self, values: Values, computes: Computes) -> None:
        self._values = values
        self._assets = values.assets
        self._computes = computes

    def command(self, run: str, properties: Json) -> tuple[Graph, Mapping[str, str]]:
        """A graph of one node, and the ids of its runs: the job's own."""
        self._check_compute(properties.get("computeId"), run)
        inputs = {
            name: self._values.input(name, body)
            for name, body in (properties.get("inputs") or {}).items()
        }
        outputs = {
            name: self._values.output(run, name, body or {})
            for name, body in (properties.get("outputs") or {}).items()
        }
        node = self._node("command", {**properties, "reuse": False}, inputs, outputs)
        return Graph((node,)), {"command": run}

    def pipeline(self, run: str, properties: Json) -> tuple[Graph, Mapping[str, str]]:
        """A node for each step, and new ids for their runs."""
        jobs: dict[str, Json] = properties.get("jobs") or {}
        settings: Json = properties.get("settings") or {}
        above = {
            f"inputs.{name}": self._values.input(name, body)
            for name, body in (properties.get("inputs") or {}).items()
        }
        targets = {
            f"outputs.{name}": self._values.output(run, name, body or {})
            for name, body in (properties.get("outputs") or {}).items()
        }
        runs = {name: str(uuid.uuid4()) for name in jobs}
        nodes = tuple(
            self._step(name, job, settings, above, targets, runs[name])
            for name, job in jobs.items()
        )
        graph = Graph(nodes, bool(settings.get("continue_on_step_failure")))
        try:
            graph.check()
        except GraphError as error:
            raise exceptions.bad_request(str(error), "UserError") from error
        return graph, runs

    def _step(
        self,
        name: str,
        job: Json,
        settings: Json,
        above: Mapping[str, str | Place],
        targets: Mapping[str, Target],
        run: str,
    ) -> Node:
        kind = str(job.get("type") or "command")
        if kind != "command":
            raise exceptions.bad_request(
                f"The step {name} is of the type {kind}, which isn't emulated; command is.",
                "NotEmulated",
            )
        self._check_compute(job.get("computeId") or settings.get("default_compute"), name)
        component = self._component(name, job)
        inputs = self._inputs(name, component, job.get("inputs") or {}, above)
        outputs = {}
        for output, declared in (component.get("outputs") or {}).items():
            given = (job.get("outputs") or {}).get(output) or {}
            bound = bindings.parent(given.get("value"))
            if bound is not None and bound not in targets:
                raise exceptions.bad_request(
                    f"The output {output} of {name} is {given['value']}, which the pipeline "
                    "doesn't have.",
                    "UserError",
                )
            about = {"job_output_type": declared.get("type", "uri_folder"), **given}
            outputs[output] = targets[bound] if bound else self._values.output(run, output, about)
        variables = {
            **(component.get("environment_variables") or {}),
            **(job.get("environment_variables") or {}),
        }
        deterministic = component.get("is_deterministic", True)
        work = {
            "command": component.get("command"),
            "codeId": component.get("code"),
            "environmentId": job.get("environment") or component.get("environment"),
            "environmentVariables": variables,
            "limits": job.get("limits"),
            "reuse": bool(deterministic) and not settings.get("force_rerun"),
        }
        return self._node(name, work, inputs, outputs)

    def _component(self, name: str, job: Json) -> Json:
        document = self._assets.by_id(str(job.get("componentId") or ""), "components")
        spec: Json = document["properties"].get("componentSpec") or {}
        if spec.get("type", "command") != "command":
            raise exceptions.bad_request(
                f"The component of {name} is of the type {spec['type']}, which isn't emulated; "
                "command is.",
                "NotEmulated",
            )
        return spec

    def _inputs(
        self, step: str, component: Json, given: Json, above: Mapping[str, str | Place]
    ) -> dict[str, str | Place | Produced]:
        declared: dict[str, Json] = component.get("inputs") or {}
        for name in given.keys() - declared.keys():
            raise exceptions.bad_request(
                f"The step {step} sets {name}, which its component doesn't have.", "UserError"
            )
        found: dict[str, str | Place | Produced] = {}
        for name, about in declared.items():
            value = given.get(name)
            bound = bindings.parent((value or {}).get("value"))
            if bound is not None and bound in above:
                found[name] = above[bound]
            elif bound is not None and (made := _TARGET.fullmatch(bound)):
                found[name] = Produced(made[1], made[2])
            elif bound is not None:
                raise exceptions.bad_request(
                    f"The input {name} of {step} is ${{{{parent.{bound}}}}}, which the pipeline "
                    "doesn't have.",
                    "UserError",
                )
            elif value is not None:
                found[name] = self._values.input(name, value)
            elif about.get("default") is not None:
                found[name] = str(about["default"])
            elif not about.get("optional"):
                raise exceptions.bad_request(
                    f"The input {name} of {step} is required, and nothing is given.", "UserError"
                )
        return found

    def _node(
        self,
        name: str,
        work: Json,
        inputs: Mapping[str, str | Place | Produced],
        outputs: Mapping[str, Target],
    ) -> Node:
        read = {one: where for one, where in inputs.items() if not isinstance(where, str)}
        texts = {
            **{
                f"inputs.{one}": where if isinstance(where, str) else input_path(one)
                for one, where in inputs.items()
            },
            **{f"outputs.{one}": output_path(one) for one in outputs},
        }
        what = f"the command of {name}"
        command = bindings.filled(str(work.get("command") or ""), texts, what)
        if not command.strip():
            raise exceptions.bad_request(f"{name} has no command.", "UserError")
        variables = {
            variable: bindings.filled(str(value), texts, f"{variable} of {name}")
            for variable, value in (work.get("environmentVariables") or {}).items()
        }
        reported = {f"AZURE_ML_OUTPUT_{one}": output_path(one) for one in outputs}
        return Node(
            name,
            Command(
                ("bash", "-c", command),
                of_environment(str(work.get("environmentId") or ""), self._assets),
                self._code(work.get("codeId")),
                {**reported, **variables},
            ),
            read,
            outputs,
            reuse=bool(work.get("reuse")),
            timeout_seconds=_seconds((work.get("limits") or {}).get("timeout")),
        )

    def _code(self, id: object) -> Place | None:
        if not id:
            return None
        text = str(id).removeprefix("azureml:")
        uri = str(self._assets.by_id(text, "codes")["properties"]["codeUri"])
        return paths.locate(uri, self._values.workspace, self._values.datastores)

    def _check_compute(self, id: object, what: str) -> None:
        name = str(id or SERVERLESS).rstrip("/").rsplit("/", 1)[-1].removeprefix("azureml:")
        if name == SERVERLESS:
            return
        kind = self._computes.get(self._values.workspace, name)["properties"]["computeType"]
        if kind not in RUNNABLE:
            raise exceptions.bad_request(
                f"{what} can't run on the compute {name}, which is of the type {kind}.", "UserError"
            )


def _seconds(duration: object) -> float | None:
    if not duration:
        return None
    match = _DURATION.fullmatch(str(duration))
    if match is None:
        raise exceptions.bad_request(f"{duration} is not a duration such as PT1H.", "UserError")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
