"""Faults on demand, as real clients meet them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud

CLOUD_SERVICES = ("entra", "arm")
LOGIN = "login.microsoftonline.com"


@pytest.fixture
def session(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Iterator[requests.Session]:
    with requests.Session() as made:
        yield made
        assert own(made, cloud, "DELETE", "faults").status_code == 200


def own(
    session: requests.Session, cloud: LocalCloud, method: str, path: str, **more: Any
) -> requests.Response:
    """The answer of the cloud's own interface. The key stays out of the session, which asks others
    too."""
    headers = {**cloud.admin_headers, **more.pop("headers", {})}
    return session.request(
        method, f"{cloud.url}/modelyard/{path}", headers=headers, timeout=30, **more
    )


def add(session: requests.Session, cloud: LocalCloud, **rule: object) -> str:
    answer = own(session, cloud, "POST", "faults", json=rule)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def subscriptions(session: requests.Session) -> requests.Response:
    return session.get("https://management.azure.com/subscriptions", timeout=30)


def sign_in(session: requests.Session, environment: dict[str, str]) -> requests.Response:
    return session.post(
        f"https://{LOGIN}/{environment['AZURE_TENANT_ID']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": environment["AZURE_CLIENT_ID"],
            "client_secret": environment["AZURE_CLIENT_SECRET"],
            "scope": "https://management.azure.com/.default",
        },
        timeout=30,
    )


def issued(cloud: LocalCloud) -> int:
    return int(cloud.status()["services"]["entra"]["tokens_issued"])


def test_throttling_with_retry_after(session: requests.Session, cloud: LocalCloud) -> None:
    add(session, cloud, action="status", status=429, headers={"Retry-After": "3"}, times=2, skip=1)
    statuses = [subscriptions(session) for _ in range(4)]
    assert [answer.status_code for answer in statuses] == [401, 429, 429, 401]
    assert statuses[1].headers["Retry-After"] == "3"
    assert statuses[1].json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_retrying_client_gets_over_it(session: requests.Session, cloud: LocalCloud) -> None:
    add(session, cloud, action="status", status=503, headers={"Retry-After": "0"}, times=2)
    retry = requests.adapters.Retry(total=3, status_forcelist=[503])
    session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retry))
    assert subscriptions(session).status_code == 401


def test_an_answer_lost_before_the_effect(
    session: requests.Session, cloud: LocalCloud, inside_cloud: dict[str, str]
) -> None:
    before = issued(cloud)
    add(session, cloud, action="reset", host=LOGIN, method="POST")
    with pytest.raises(requests.ConnectionError):
        sign_in(session, inside_cloud)
    assert issued(cloud) == before
    assert sign_in(session, inside_cloud).status_code == 200


@pytest.mark.parametrize("action", ["reset", "cut"])
def test_an_answer_lost_after_the_effect(
    session: requests.Session, cloud: LocalCloud, inside_cloud: dict[str, str], action: str
) -> None:
    before = issued(cloud)
    add(session, cloud, action=action, when="after", path="/*/oauth2/v2.0/token")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        sign_in(session, inside_cloud)
    assert issued(cloud) == before + 1


def test_a_server_error_after_the_effect(
    session: requests.Session, cloud: LocalCloud, inside_cloud: dict[str, str]
) -> None:
    before = issued(cloud)
    add(session, cloud, action="status", status=500, when="after", body="oops")
    answer = sign_in(session, inside_cloud)
    assert (answer.status_code, answer.text) == (500, "oops")
    assert issued(cloud) == before + 1


def test_a_sign_in_page_instead_of_json(session: requests.Session, cloud: LocalCloud) -> None:
    add(session, cloud, action="html")
    answer = subscriptions(session)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_late_answer_meets_the_clients_time_limit(
    session: requests.Session, cloud: LocalCloud
) -> None:
    add(session, cloud, action="delay", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        session.get("https://management.azure.com/subscriptions", timeout=0.3)


def test_rules_are_listed_and_removed(session: requests.Session, cloud: LocalCloud) -> None:
    rule = add(session, cloud, action="reset", path="/nowhere", times=None)
    (listed,) = own(session, cloud, "GET", "faults").json()["faults"]
    assert (listed["id"], listed["path"], listed["times"]) == (rule, "/nowhere", None)
    assert own(session, cloud, "DELETE", f"faults/{rule}").status_code == 200
    assert own(session, cloud, "DELETE", f"faults/{rule}").status_code == 404
    assert own(session, cloud, "GET", "faults").json() == {"faults": []}


@pytest.mark.parametrize("body", ['{"action": "explode"}', "[]", "{"])
def test_a_rule_that_makes_no_sense_is_refused(
    session: requests.Session, cloud: LocalCloud, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = own(session, cloud, "POST", "faults", data=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize("path", ["faults", "reset", "clock"])
def test_a_foreign_web_page_can_change_nothing(
    session: requests.Session, cloud: LocalCloud, path: str
) -> None:
    """Browsers send text/plain to any origin, but ask first before they send JSON."""
    body = '{"action": "reset", "advance_seconds": 1}'
    headers = {"Content-Type": "text/plain"}
    assert own(session, cloud, "POST", path, data=body, headers=headers).status_code == 415


def test_the_own_interface_is_on_loopback_only(
    session: requests.Session, cloud: LocalCloud
) -> None:
    for path in ("status", "faults", "requests"):
        answer = session.get(
            f"https://management.azure.com/modelyard/{path}", headers=cloud.admin_headers
        )
        assert answer.status_code == 404


def test_names_that_were_refused_are_listed(session: requests.Session, cloud: LocalCloud) -> None:
    own(session, cloud, "DELETE", "requests")
    with pytest.raises(requests.exceptions.ProxyError):
        session.get("https://packages.example/simple?token=geheim")
    session.get("http://example.com/path?token=geheim")
    found = own(session, cloud, "GET", "requests", params={"status": "403"}).json()
    assert [(entry["method"], entry["host"], entry["path"]) for entry in found["requests"]] == [
        ("CONNECT", "packages.example:443", ""),
        ("GET", "example.com", ""),
    ]


def test_requests_are_listed_without_secrets(session: requests.Session, cloud: LocalCloud) -> None:
    own(session, cloud, "DELETE", "requests")
    session.get("https://management.azure.com/subscriptions?sig=geheim", auth=("u", "geheim"))
    session.post(f"https://{LOGIN}/nobody/oauth2/token", data={"resource": "geheim"})
    text = (cloud.folder / "requests.jsonl").read_text()
    wanted = {"host": LOGIN, "status": "400"}
    (found,) = own(session, cloud, "GET", "requests", params=wanted).json()["requests"]
    assert (found["method"], found["path"]) == ("POST", "/nobody/oauth2/token")
    assert len(own(session, cloud, "GET", "requests").json()["requests"]) == 2
    assert "geheim" not in text
    assert "geheim" not in own(session, cloud, "GET", "requests").text
    assert own(session, cloud, "GET", "requests", params={"hots": LOGIN}).status_code == 400
