from __future__ import annotations

import email.utils
import time
from collections.abc import Iterator

import pytest
import requests
import urllib3

from modelyard import failures
from modelyard.clock import FakeClock


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("12", 12.0), ("0", 0.0), ("-1", 0.0), ("1.5", 1.5), ("", None), ("tomorrow", None)],
)
def test_seconds_to_wait(clock: FakeClock, value: str, seconds: float | None) -> None:
    assert failures.retry_after({"Retry-After": value}, clock) == seconds


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_to_wait_for(clock: FakeClock, zone: str) -> None:
    date = email.utils.formatdate(clock.time() + 90).replace("-0000", zone)

    assert failures.retry_after({"Retry-After": date}, clock) == 90.0


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has one time zone a process")
def test_a_date_without_a_zone_is_of_greenwich_wherever_the_agent_stands(
    clock: FakeClock, elsewhere: None
) -> None:
    date = email.utils.formatdate(clock.time() + 90)
    assert date.endswith("-0000")

    assert failures.retry_after({"Retry-After": date}, clock) == 90.0


def test_a_date_that_has_passed_is_now(clock: FakeClock) -> None:
    date = email.utils.formatdate(clock.time() - 90, usegmt=True)

    assert failures.retry_after({"Retry-After": date}, clock) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y?z", True),
        ("http://a.example", "http://a.example:80/", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://a.example@b.example", False),
    ],
)
def test_the_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert (failures.origin(one) == failures.origin(other)) is same


def test_the_reason_is_the_innermost_and_has_no_addresses_of_objects() -> None:
    pool = urllib3.connectionpool.HTTPConnectionPool("h")
    new = urllib3.exceptions.NewConnectionError(
        object(), "Failed to establish a new connection: [Errno 111] Connection refused"
    )
    refused = requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/x", new))
    broken = requests.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
    )

    assert failures.reason(refused) == "[Errno 111] Connection refused"
    assert failures.reason(broken) == "[Errno 104] reset"
    assert failures.reason(requests.ConnectTimeout()) == "ConnectTimeout"
