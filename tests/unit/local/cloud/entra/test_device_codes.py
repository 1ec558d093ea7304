"""What becomes of a code that a person enters, or doesn't."""

from __future__ import annotations

import pytest

from modelyard.clock import FakeClock
from modelyard.local.cloud.entra.device_codes import LIFETIME_SECONDS, REFRESH_SECONDS, DeviceCodes
from modelyard.local.cloud.entra.exceptions import EntraError
from modelyard.local.cloud.service import Cloud

SCOPE = "https://management.azure.com/.default"


@pytest.fixture
def codes(cloud: Cloud) -> DeviceCodes:
    return DeviceCodes(cloud)


def test_it_is_good_once_and_for_who_asked(codes: DeviceCodes) -> None:
    flow = codes.start("client", SCOPE)
    assert flow["user_code"] in flow["message"]
    with pytest.raises(EntraError, match="AADSTS70016: "):
        codes.redeem(flow["device_code"], "client")
    assert codes.decide(flow["user_code"], "approved") is True
    with pytest.raises(EntraError, match="AADSTS70020: "):
        codes.redeem(flow["device_code"], "other")

    assert codes.redeem(flow["device_code"], "client") == SCOPE
    with pytest.raises(EntraError, match="AADSTS70020: "):
        codes.redeem(flow["device_code"], "client")


def test_a_person_may_decline(codes: DeviceCodes) -> None:
    flow = codes.start("client", SCOPE)
    codes.decide(flow["user_code"], "declined")
    with pytest.raises(EntraError, match="AADSTS70018: "):
        codes.redeem(flow["device_code"], "client")


def test_it_ends(codes: DeviceCodes, clock: FakeClock) -> None:
    flow = codes.start("client", SCOPE)
    codes.decide(flow["user_code"], "approved")
    clock.advance(LIFETIME_SECONDS)
    with pytest.raises(EntraError, match="AADSTS70020: "):
        codes.redeem(flow["device_code"], "client")


def test_a_code_that_nobody_was_given(codes: DeviceCodes) -> None:
    assert codes.decide("ABC", "approved") is False
    with pytest.raises(EntraError, match=r"AADSTS900144: .*'client_id'"):
        codes.start("", SCOPE)


def test_a_refresh_token_is_its_clients_and_ends(codes: DeviceCodes, clock: FakeClock) -> None:
    token = codes.remember("client")
    clock.advance(REFRESH_SECONDS - 1)
    codes.check_refresh(token, "client")
    with pytest.raises(EntraError, match="AADSTS9002313: "):
        codes.check_refresh(token, "other")
    clock.advance(1)
    with pytest.raises(EntraError, match="AADSTS700082: "):
        codes.check_refresh(token, "client")
