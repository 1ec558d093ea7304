"""What the parameters of a published pipeline take."""

from __future__ import annotations

import pytest

from modelyard.azureml.published import Kind


@pytest.mark.parametrize("value", ["5", "-5", "+05", "true", "False"])
def test_whole_numbers(value: str) -> None:
    assert Kind.WHOLE.takes(value)


@pytest.mark.parametrize("value", ["1_000", " 5 ", "\uff11\uff12", "5.0", "", "x"])
def test_no_whole_numbers(value: str) -> None:
    assert not Kind.WHOLE.takes(value)


@pytest.mark.parametrize("value", ["5", "-0.5", ".5", "1.", "1e-3", "+2E5"])
def test_numbers(value: str) -> None:
    assert Kind.NUMBER.takes(value)


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "1_0.5", " 1", "true", ""])
def test_no_numbers(value: str) -> None:
    assert not Kind.NUMBER.takes(value)


def test_a_text_is_anything() -> None:
    assert Kind.ANY.takes(" x ")
