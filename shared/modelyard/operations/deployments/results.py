"""What came of a deployment, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass

CREATED, UPDATED, LEFT_ALONE = "created", "updated", "left-alone"


@dataclass(frozen=True)
class Deployed:
    """An endpoint after model-deploy, or as it would be in a dry run."""

    action: str
    """CREATED, UPDATED or LEFT_ALONE."""
    scoring_url: str | None = None
    serves: str | None = None
    """The image, or the model as NAME:VERSION."""
    deployment: str | None = None


def said(action: str, *, would: bool, serves: str) -> str:
    """``left alone, it serves this image already``, ``would be created``, ``updated``."""
    if action == LEFT_ALONE:
        return f"left alone, it serves this {serves} already"
    return f"would be {action}" if would else action
