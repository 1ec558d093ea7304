"""The log of a deployment, where there may be none yet."""

from __future__ import annotations

import pytest
import requests_mock as mocking

from modelyard.azureml import online
from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.errors import PermissionDenied
from modelyard.http import Session

ARM = "https://management.azure.com"
PLACE = Place("s", "g", "wine")


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (200, {"content": "it is ready\n"}, "it is ready\n"),
        (400, {"error": {"code": "BadRequest", "message": "there is no container"}}, ""),
        (404, {"error": {"code": "ResourceNotFound"}}, ""),
    ],
)
def test_where_there_is_no_container_yet_there_is_no_log(
    requests_mock: mocking.Mocker, clock: FakeClock, status: int, body: dict[str, str], text: str
) -> None:
    session = Session(
        ARM, clock=clock, credential=StaticToken("a-token-of-this-test"), read_only=False
    )
    address = f"{ARM}{online.path_of(PLACE, 'wine', 'blue')}/getLogs"
    asked = requests_mock.post(address, status_code=status, json=body)
    assert online.logs(session, PLACE, "wine", "blue") == text
    assert asked.last_request.json()["tail"] == 200
    requests_mock.post(address, status_code=403, json={"error": {"code": "AuthorizationFailed"}})
    with pytest.raises(PermissionDenied):
        online.logs(session, PLACE, "wine", "blue")
