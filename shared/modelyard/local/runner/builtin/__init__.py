"""The well-known tasks of Azure Pipelines that the runner does itself.

Each has the same names, inputs and results as the real one. What they are is read from
microsoft/azure-pipelines-tasks at 299572e2.
"""

from modelyard.local.runner.builtin.registry import all_tasks

__all__ = ["all_tasks"]
