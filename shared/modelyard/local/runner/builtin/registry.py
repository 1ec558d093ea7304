"""Which tasks are built in."""

from __future__ import annotations

from modelyard.local.runner.builtin import (
    azure_cli,
    cache,
    copy_files,
    docker,
    download_artifacts,
    http_requests,
    key_vault,
    powershell,
    publish_artifacts,
    publish_coverage,
    publish_test_results,
    scripts,
    server_jobs,
    terraform_installer,
    use_python_version,
)
from modelyard.local.runner.builtin.task import BuiltinTask

_MODULES = (
    scripts,
    powershell,
    use_python_version,
    cache,
    copy_files,
    publish_artifacts,
    download_artifacts,
    publish_test_results,
    publish_coverage,
    azure_cli,
    key_vault,
    docker,
    terraform_installer,
    server_jobs,
    http_requests,
)
_TASKS: tuple[BuiltinTask, ...] = tuple(task for module in _MODULES for task in module.TASKS)


def all_tasks() -> tuple[BuiltinTask, ...]:
    """Every built-in task, one entry for each major version."""
    return _TASKS
