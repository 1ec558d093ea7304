"""What may be asked for; the rest of the refusals is in tests/local."""

from __future__ import annotations

import pytest

from modelyard.local.cloud.endpoints.exceptions import EndpointError
from modelyard.local.cloud.endpoints.wishes import port_of, read

DIGEST = "sha256:" + "0" * 64
IMAGE = f"127.0.0.1:5000/team/wine@{DIGEST}"


def test_what_is_not_said_has_a_default() -> None:
    wish = read({"image": IMAGE}, 5000)
    assert (wish.repository, wish.digest) == ("team/wine", DIGEST)
    assert (wish.traffic, wish.runner, wish.cpu, wish.memory_mb) == (100, "auto", None, None)
    assert wish.environment == {}


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "modelyardlocal.azurecr.io"])
def test_the_registry_has_several_names(host: str) -> None:
    assert read({"image": f"{host}/wine@{DIGEST}"}, 5000).repository == "wine"


@pytest.mark.parametrize("host", ["127.0.0.1:5001", "127.0.0.1", "x.azurecr.io", "docker.io"])
def test_other_registries_are_not_reached(host: str) -> None:
    with pytest.raises(EndpointError, match="not in this local cloud's registry"):
        read({"image": f"{host}/wine@{DIGEST}"}, 5000)


def test_the_share_of_the_traffic_does_not_make_it_another_server() -> None:
    stored = read({"image": IMAGE, "traffic": 10, "environment": {"A": "1"}}, 5000).deployment()
    assert read({"image": IMAGE, "environment": {"A": "1"}}, 5000).same_server(stored)
    for change in ({"environment": {"A": "2"}}, {"cpu": 1}, {"memory_mb": 64},
                   {"runner": "process"}):  # fmt: skip
        body = {"image": IMAGE, "environment": {"A": "1"}, **change}
        assert not read(body, 5000).same_server(stored)


@pytest.mark.parametrize(
    "body", [[], "x", None, {"image": 1}, {"image": IMAGE, "cpu": True}, {"image": IMAGE, "cpu": 0}]
)
def test_bodies_that_make_no_sense_are_refused(body: object) -> None:
    with pytest.raises(EndpointError) as refused:
        read(body, 5000)
    assert refused.value.code == 400


def test_the_port_of_a_cloud() -> None:
    assert port_of("http://127.0.0.1:8080") == 8080
