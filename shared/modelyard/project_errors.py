"""What ``modelyard setup`` ends with."""

from __future__ import annotations

from modelyard.errors import ModelyardError


class AzFailed(ModelyardError):
    """A command of the Azure command line that ``--with-az`` ran didn't succeed."""

    identifier = "MY027"
    exit_code = 27
    cause = "nobody is signed in to az, or whoever is may not do this in the tenant"
    fix = "run az login as somebody who may, or leave --with-az out and hand on what is printed"


class HalfDone(ModelyardError):
    """Setting up stopped in the middle: what was done before stays, and the rest isn't done."""

    identifier = "MY028"
    exit_code = 28
    cause = "the service refused one change, or couldn't be reached any more"
    fix = "put right what the message names and run the same command again: it goes on from there"
