"""What to do about the causes that Azure gives."""

from __future__ import annotations

import pytest

from modelyard.azureml.advice import advice


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Not enough quota available for Standard_F32s_v2", "quota of cores"),
        ("Image build failed", "can't be installed"),
        ("ModuleNotFoundError: No module named 'vines'", "imports a package"),
        ("User container has crashed or terminated", "raised while it started"),
        ("Your container application crashed.", "raised while it started"),  # of an instance
        ("CrashLoopBackOff", "raised while it started"),
        ("SkuNotAvailable", "no such machines left"),
    ],
)
def test_a_cause_that_is_known_is_told(text: str, cause: str) -> None:
    assert cause in advice(["", text])[0]


def test_what_the_log_tells_goes_before_how_the_container_ended() -> None:
    log = "ModuleNotFoundError: No module named 'vines'"
    assert "imports a package" in advice(["Your container application crashed.", log])[0]
    assert advice(["something else"]) == ("", "")
