"""What the definition gets beside the workspace: computes by name, facts of the run, short ways."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from azureml.core.compute import AmlCompute, ComputeTarget, DatabricksCompute
from azureml.pipeline.core import PipelineParameter

from .failing import Failure


class Computes(Mapping[str, Any]):
    """The workspace's computes by name; one that isn't there is an error with those that are."""

    def __init__(self, workspace: Any) -> None:
        self._workspace = workspace
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            try:
                self._found[name] = ComputeTarget(self._workspace, name)
            except Exception as error:
                there = sorted(self)
                if name in there:
                    raise
                raise Failure(
                    "definition",
                    f"the workspace has no compute {name}",
                    cause=f"it has: {', '.join(there) or 'none'}",
                    fix="make it with aml-compute, or let helper.cluster make it",
                ) from error
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in set(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._workspace.compute_targets)

    def __len__(self) -> int:
        return len(self._workspace.compute_targets)

    def made(self, name: str, compute: Any) -> Any:
        self._found[name] = compute
        return compute


class Helper:
    """``name``, ``environment``, ``version``, ``commit`` and ``action`` are texts."""

    def __init__(self, workspace: Any, computes: Computes, facts: Mapping[str, str]) -> None:
        self._workspace, self._computes = workspace, computes
        self.name = facts["name"]
        self.environment = facts["environment"]
        self.version = facts["version"]
        self.commit = facts["commit"]
        self.action = facts["action"]

    def parameter(self, name: str, default: Any) -> PipelineParameter:
        """A parameter of the pipeline, which a submit or a trigger can set anew."""
        value = str(default) if isinstance(default, bool) else default
        return PipelineParameter(name=name, default_value=value)

    def cluster(
        self,
        name: str,
        vm_size: str = "STANDARD_DS3_V2",
        *,
        min_nodes: int = 0,
        max_nodes: int = 4,
        idle_seconds: int = 300,
    ) -> Any:
        """A cluster of the workspace: the one of this name, else a new one."""
        if name in self._computes:
            return self._typed(name, AmlCompute)
        if self.action == "validate":
            raise Failure(
                "definition",
                f"the workspace has no cluster {name}, and validating makes none",
                fix="make it with aml-compute, or submit or publish once",
            )
        settings = AmlCompute.provisioning_configuration(
            vm_size=vm_size,
            min_nodes=min_nodes,
            max_nodes=max_nodes,
            idle_seconds_before_scaledown=idle_seconds,
        )
        made = ComputeTarget.create(self._workspace, name, settings)
        made.wait_for_completion(show_output=False)
        _check(name, made)
        print(f"cluster {name}: created")  # noqa: T201 - what is printed here is shown in the log
        return self._computes.made(name, made)

    def databricks(self, name: str) -> Any:
        """The attached Databricks workspace of this name."""
        return self._typed(name, DatabricksCompute)

    def _typed(self, name: str, kind: type) -> Any:
        found = self._computes[name]
        if not isinstance(found, kind):
            raise Failure(
                "definition",
                f"the compute {name} is of the type {found.type}, not {kind.__name__}",
                fix="take another name, or detach or delete the other one",
            )
        return found


def _check(name: str, made: Any) -> None:
    """The SDK's wait ends with a cluster that gets no machines, too, and says nothing of it."""
    errors = (made.status.errors if made.status else None) or made.provisioning_errors
    if errors or str(made.provisioning_state).lower() != "succeeded":
        state = f"it is {made.provisioning_state}"
        told = json.dumps(errors, default=str) if errors else state
        raise Failure("service", f"the cluster {name} gets no machines: ", said=[told])
