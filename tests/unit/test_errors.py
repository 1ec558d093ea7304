from __future__ import annotations

import inspect
import re

import pytest

from modelyard.errors import (
    Cancelled,
    InputError,
    ModelyardError,
    NotFound,
    OutputClosed,
    ServiceError,
    Unauthenticated,
    all_errors,
)

ERRORS = all_errors()


def test_no_two_errors_share_an_exit_code_or_an_identifier() -> None:
    codes = [error.exit_code for error in ERRORS]
    identifiers = [error.identifier for error in ERRORS]

    assert len(ERRORS) > 20
    assert len(set(codes)) == len(codes)
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_is_documented_and_its_code_can_be_told_from_a_shells(
    error: type[ModelyardError],
) -> None:
    own = error.__dict__
    assert {"identifier", "exit_code", "__doc__"} <= own.keys()
    assert re.fullmatch(r"MY\d{3}", error.identifier)
    assert inspect.cleandoc(own["__doc__"]).split("\n\n")[0].endswith((".", "tells what."))
    # 126 to 128 and 128 + n mean something else to a shell; 70 is a fault of ours.
    assert 0 < error.exit_code < 126 or error is OutputClosed
    assert error.exit_code not in (70, 130, 143)
    assert not error.cause.endswith(".")
    assert not error.fix.endswith(".")


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = InputError("x is missing", cause="it was forgotten", fix="give x")

    assert list(error.lines()) == [
        "x is missing",
        "  cause: it was forgotten",
        "  fix: give x",
        "  error MY002, exit code 2: modelyard explain MY002",
    ]
    assert str(error) == "x is missing"


def test_what_is_not_known_is_left_out() -> None:
    assert list(InputError("x is missing").lines()) == [
        "x is missing",
        "  error MY002, exit code 2: modelyard explain MY002",
    ]


def test_a_better_cause_replaces_the_usual_one() -> None:
    assert Unauthenticated("no", fix="sign in").fix == "sign in"
    assert Unauthenticated("no").fix == Unauthenticated.fix != ""


def test_a_service_error_keeps_status_and_code() -> None:
    error = NotFound("gone", status=404, code="RESOURCE_DOES_NOT_EXIST")

    assert isinstance(error, ServiceError)
    assert (error.status, error.code) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(("number", "code", "name"), [(2, 130, "SIGINT"), (15, 143, "SIGTERM")])
def test_a_cancellation_has_the_shells_exit_code(number: int, code: int, name: str) -> None:
    assert Cancelled(number).exit_code == code
    assert Cancelled(number).signal_name == name


def test_no_handler_of_ordinary_errors_takes_a_cancellation() -> None:
    assert not issubclass(Cancelled, Exception)


def test_errors_of_tests_and_plug_ins_are_not_in_the_list() -> None:
    class Foreign(ModelyardError):
        """Not ours."""

    assert Foreign not in all_errors()
