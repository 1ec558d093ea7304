"""The local runner: tasks and pipelines on this machine, as the agent of Azure Pipelines runs them.

What a task is told and what becomes of what it prints follows the agent's source,
microsoft/azure-pipelines-agent at 42bde98b; each module names the files it was read in.
"""
