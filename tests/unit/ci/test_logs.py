from __future__ import annotations

import logging
from typing import Any

import pytest

from modelyard.ci.logs import logging_to

log = logging.getLogger("modelyard.some.module")


def test_each_level_goes_where_a_reader_looks_for_it(recording_ci: Any) -> None:
    with logging_to(recording_ci):
        log.debug("detail %s", 1)
        log.info("cluster ml: created")
        log.warning("no auto-termination")
        log.error("broken")

    assert recording_ci.debug_lines == ["detail 1"]
    assert recording_ci.lines == ["cluster ml: created"]
    assert recording_ci.warnings() == ["no auto-termination"]
    assert recording_ci.errors() == ["broken"]


def test_it_is_seen_there_only_and_only_meanwhile(
    recording_ci: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with logging_to(recording_ci):
        log.warning("meanwhile")
    log.warning("later")

    assert recording_ci.warnings() == ["meanwhile"]
    assert caplog.messages == ["later"]


def test_the_log_is_put_back_after_an_error(recording_ci: Any) -> None:
    library = logging.getLogger("modelyard")
    before = (library.level, library.propagate, list(library.handlers))
    with pytest.raises(KeyError), logging_to(recording_ci):
        raise KeyError

    assert (library.level, library.propagate, list(library.handlers)) == before
