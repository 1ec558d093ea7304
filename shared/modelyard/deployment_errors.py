"""Errors of promoting models and moving traffic; see ``errors`` for what all of them are."""

from __future__ import annotations

from modelyard.errors import ModelyardError


class TrafficFailed(ModelyardError):
    """With a part of the traffic the new deployment made errors or was slow: it was taken back."""

    identifier = "MY044"
    exit_code = 44
    cause = "the new deployment answers real requests worse than the smoke test's"
    fix = "see its log above; deploy again with smaller steps of traffic or a longer watch"


class Overtaken(ModelyardError):
    """Another job or person changed the endpoint meanwhile: this one left it as it found it."""

    identifier = "MY045"
    exit_code = 45
    cause = "two jobs deploy to this endpoint at once, or its traffic was moved by hand"
    fix = "let jobs that deploy to it wait for each other; see what serves, then deploy again"


class NotPromoted(ModelyardError):
    """The challenger didn't become the champion, and ``fail-on`` says that this is a failure."""

    identifier = "MY048"
    exit_code = 48
    cause = "it isn't better by enough, or the two can't be compared"
    fix = "leave the verdict out of fail-on where the step shall succeed all the same"
