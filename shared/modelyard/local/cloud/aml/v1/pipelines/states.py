"""The words for how pipelines and their steps fare, which differ from run history's."""

from __future__ import annotations

from collections.abc import Mapping

PIPELINE: Mapping[str, str] = {
    "NotStarted": "NotStarted",
    "Queued": "Running",
    "Preparing": "Running",
    "Running": "Running",
    "Finalizing": "Running",
    "CancelRequested": "Running",
    "Completed": "Finished",
    "Failed": "Failed",
    "Canceled": "Canceled",
}
"""Run history's status -> that of a pipeline's run."""

STEP: Mapping[str, str] = {
    "NotStarted": "NotStarted",
    "Queued": "Queued",
    "Preparing": "Queued",
    "Running": "Running",
    "Finalizing": "Running",
    "CancelRequested": "Running",
    "Completed": "Finished",
    "Failed": "Failed",
    "Canceled": "Canceled",
}
"""Run history's status -> that of a step's run."""
