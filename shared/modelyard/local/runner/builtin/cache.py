"""Cache: nothing is kept from one run to the next here, so each is a miss.

Steps that make what a cache would have brought run, as on an agent whose cache is empty.

Source: ``Tasks/CacheV2``, and learn.microsoft.com, "Pipeline caching".
"""

from __future__ import annotations

from collections.abc import Mapping

from modelyard.local.runner.builtin.step import StepContext
from modelyard.local.runner.builtin.task import BuiltinTask, path, several, text


def _run(inputs: Mapping[str, str], step: StepContext) -> None:
    step.log(f"a miss: runs on this machine keep no cache, and {inputs['path']} isn't restored")
    if hit := inputs.get("cacheHitVar", "").strip():
        step.set_variable(hit, "false")


TASKS = (
    BuiltinTask(
        "Cache",
        "2",
        "d53ccab4-555e-4494-9d06-11db043fb4a9",
        (
            text("key", required=True),
            path("path", required=True),
            text("cacheHitVar"),
            several("restoreKeys"),
        ),
        run=_run,
    ),
)
