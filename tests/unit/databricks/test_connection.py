from __future__ import annotations

from typing import Any

import pytest
import requests_mock
from hypothesis import given
from hypothesis import strategies as st

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks.connection import connect, first_contact, workspace_base
from modelyard.errors import (
    InputError,
    NotFound,
    ReadOnly,
    ServiceError,
    Unauthenticated,
    WaitTimeout,
)

BASE = "https://adb-1.2.azuredatabricks.net"
POOLS = f"{BASE}/api/2.0/instance-pools/list"


@pytest.fixture
def server() -> Any:
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.mark.parametrize(
    "url",
    [
        BASE,
        f"{BASE}/",
        f"  {BASE}/?o=1#job/3\n",
        "adb-1.2.azuredatabricks.net",
        "ADB-1.2.AzureDatabricks.net/",
        f"{BASE}:443",
        "HTTPS://adb-1.2.azuredatabricks.net",
    ],
)
def test_an_address_as_people_copy_it(url: str) -> None:
    assert workspace_base(url) == BASE


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080", "https://a.example:8443"],
)
def test_a_port_stays_and_this_machine_needs_no_encryption(url: str) -> None:
    assert workspace_base(url + "/api") == url


@pytest.mark.parametrize(
    "url", ["", "https://", "https:///x", "https://a b", "https://[::1", "https://a:b", "a_b;c",
            "https://x:99999"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InputError, match=r"workspace-url is .*not the address of a workspace"):
        workspace_base(url)


@pytest.mark.parametrize("url", ["http://adb-1.2.azuredatabricks.net", "ftp://a.example"])
def test_a_token_is_not_sent_unencrypted(url: str) -> None:
    with pytest.raises(InputError, match="a token is only sent over https") as caught:
        workspace_base(url)

    assert caught.value.fix.startswith("use https://")


@given(st.text(max_size=60))
def test_no_text_is_an_unexpected_error(text: str) -> None:
    try:
        base = workspace_base(text)
    except InputError:
        return
    assert workspace_base(base) == base


def test_a_session_signs_and_a_read_only_one_does_not_write(server: Any, clock: FakeClock) -> None:
    server.get(f"{BASE}/api/x", json={})
    connect(BASE, StaticToken("dapi-made-up"), clock=clock).get("/api/x")
    assert server.last_request.headers["Authorization"] == "Bearer dapi-made-up"

    with pytest.raises(ReadOnly):
        connect(BASE, StaticToken("dapi-made-up"), clock=clock, read_only=True).post("/api/x", {})


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("INVALID_PARAMETER_VALUE", "Cluster 0702-180342-x does not exist", NotFound),
        ("INVALID_STATE", "Cluster 0702-180342-x does not exist", NotFound),
        ("INVALID_PARAMETER_VALUE", "Job 3 does not exist.", NotFound),
        ("INVALID_PARAMETER_VALUE", "num_workers must not be negative", ServiceError),
        ("INVALID_STATE", "Cluster 0702-180342-x is in unexpected state Pending.", ServiceError),
    ],
)
def test_databricks_says_400_of_what_is_not_there(
    server: Any, clock: FakeClock, code: str, message: str, error: type[ServiceError]
) -> None:
    server.get(f"{BASE}/x", status_code=400, json={"error_code": code, "message": message})
    with pytest.raises(ServiceError) as caught:
        connect(BASE, StaticToken("dapi-made-up"), clock=clock).get("/x")

    assert type(caught.value) is error


NOT_YET = {
    "status_code": 400,
    "json": {"error_code": "INVALID_PARAMETER_VALUE", "message": "the principal is unknown"},
}


def test_a_workspace_made_a_moment_ago_is_waited_for(server: Any, clock: FakeClock) -> None:
    server.get(POOLS, [NOT_YET, NOT_YET, {"json": {"instance_pools": []}}])
    first_contact(connect(BASE, StaticToken("dapi-made-up"), clock=clock))

    assert server.call_count == 3
    assert len(clock.slept) == 2


def test_a_workspace_that_never_answers(server: Any, clock: FakeClock) -> None:
    server.get(POOLS, **NOT_YET)
    start = clock.time()
    with pytest.raises(WaitTimeout, match=f"workspace {BASE} is still NOT READY"):
        first_contact(connect(BASE, StaticToken("dapi-made-up"), clock=clock), timeout=60)

    assert clock.time() - start == pytest.approx(60)


def test_a_wrong_token_is_not_waited_for(server: Any, clock: FakeClock) -> None:
    server.get(POOLS, status_code=403, json={"message": "Invalid access token."})
    with pytest.raises(Unauthenticated):
        first_contact(connect(BASE, StaticToken("dapi-made-up"), clock=clock))

    assert clock.slept == []


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as refused:
        workspace_base("https://user:p4ssw0rd@adb-1.2.azuredatabricks.net")
    assert "p4ssw0rd" not in "\n".join(refused.value.lines())
    assert "user name or password" in refused.value.what
