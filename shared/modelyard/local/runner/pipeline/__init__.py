"""A pipeline's YAML, read, expanded and checked as Azure Pipelines does before it runs anything.

:func:`plan` makes the plan that the engine runs (:mod:`.plan`), :func:`render` writes it as YAML,
:func:`graph` draws its stages and jobs.
"""

from modelyard.local.runner.pipeline.graph import graph
from modelyard.local.runner.pipeline.known_tasks import KnownInput, KnownTask
from modelyard.local.runner.pipeline.planning import plan
from modelyard.local.runner.pipeline.problems import Problem
from modelyard.local.runner.pipeline.render import render
from modelyard.runner_errors import PipelineError

__all__ = ["plan", "render", "graph", "KnownTask", "KnownInput", "PipelineError", "Problem"]
