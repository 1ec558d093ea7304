"""What can be asked of SDK v1: build and validate, upload, submit, tag, publish, disable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azureml.core import Experiment, Workspace
from azureml.core.authentication import TokenAuthentication
from azureml.pipeline.core import PublishedPipeline

from . import definition
from .helper import Computes, Helper

Json = dict[str, Any]
_ATTEMPT = "modelyard"
"""Tag of a run that an attempt has started."""


class Work:
    """One pipeline of one workspace. The methods are what is asked; they give back the answers."""

    workspace: Any
    pipeline: Any
    run: Any
    parameters: Json

    def __init__(self, token: Callable[[Any], str]) -> None:
        self._token = token

    def build(
        self,
        *,
        path: str,
        function: str,
        where: dict[str, str],
        cloud: str,
        settings: dict[str, Any],
        parameters: dict[str, str],
        facts: dict[str, str],
    ) -> Json:
        """Call the definition and validate what it gives back.

        ``parameters`` are for a submit: those that the pipeline has take the types of its defaults.
        """
        signed = TokenAuthentication(self._token, cloud=cloud)
        self.workspace = Workspace.get(auth=signed, **where)
        computes = Computes(self.workspace)
        helper = Helper(self.workspace, computes, facts)
        made = definition.call(path, function, self.workspace, computes, settings, helper)
        self.pipeline = definition.pipeline_of(made, self.workspace)
        graph = self.pipeline.graph
        self.parameters = definition.typed(graph.params, parameters)
        problems = [str(one) for one in self.pipeline.validate()]
        return {
            "problems": problems,
            "steps": sorted(one.name for one in graph.module_nodes),
            "parameters": sorted(graph.params),
        }

    def upload(self) -> Json:
        """Upload and register what the steps are made of. Done twice it finds it there."""
        self.pipeline.graph.finalize()
        return {}

    def submit(self, *, experiment: str, attempt: str) -> Json:
        """Start a run, or find the one that this attempt has started."""
        runs = Experiment(self.workspace, experiment).get_runs(tags={_ATTEMPT: attempt})
        found = next(iter(runs), None)
        if found is not None:
            return {"run": found.id, "before": True}
        self.run = self.pipeline.submit(experiment, pipeline_parameters=self.parameters)
        return {"run": self.run.id, "before": False}

    def tag(self, *, tags: dict[str, str], attempt: str) -> Json:
        """Tag the run that was just started: the SDK can't do both at once."""
        self.run.set_tags({**tags, _ATTEMPT: attempt})
        return {}

    def publish(self, *, name: str, version: str, description: str) -> Json:
        """Publish it."""
        made = self.pipeline.publish(name=name, version=version, description=description)
        return {"id": made.id, "endpoint": made.endpoint}

    def default_datastore(self) -> Json:
        """The name of the workspace's default datastore."""
        return {"name": self.workspace.get_default_datastore().name}

    def active(self, *, name: str) -> Json:
        """The ids of the pipelines that are published under this name and may be run."""
        every = PublishedPipeline.list(self.workspace, active_only=True)
        return {"ids": [one.id for one in every if one.name == name]}

    def disable(self, *, ids: list[str]) -> Json:
        """Disable pipelines. Done twice it changes nothing."""
        for one in ids:
            PublishedPipeline.get(self.workspace, one).disable()
        return {}
