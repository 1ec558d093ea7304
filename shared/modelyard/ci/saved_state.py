"""What a step keeps for its release step: a JSON object of texts."""

from __future__ import annotations

import json

from modelyard.errors import FileError


def parse(text: str) -> dict[str, str]:
    """The state; nothing of an empty text.

    :raises FileError: when it isn't what a step of ours has kept.
    """
    try:
        state = json.loads(text or "{}")
    except ValueError:
        state = None
    if not isinstance(state, dict) or not all(isinstance(one, str) for one in state.values()):
        raise FileError(
            "what this step kept for its release can't be read",
            cause="something else wrote to the variable or file MODELYARD_STATE of this step",
            fix="see in the service itself whether the job left something running",
        )
    return state
