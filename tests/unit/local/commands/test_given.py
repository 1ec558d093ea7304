"""Secrets that a run is given from the environment."""

from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.local.commands import given


def test_they_are_taken_out_of_the_environment() -> None:
    environment = {"PATH": "p", "PW": "1", "A_B": "2"}

    assert given.secrets(["PW", "a.b", "A.B"], environment) == {"PW": "1", "a.b": "2", "A.B": "2"}
    assert environment == {"PATH": "p"}


def test_one_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="there is no environment variable PW"):
        given.secrets(["PW"], {"PATH": "p"})
