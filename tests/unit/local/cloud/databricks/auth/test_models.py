from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from modelyard.local.cloud.databricks.auth.models import (
    MANAGEMENT_TOKEN,
    RESOURCE_ID,
    Authentication,
)
from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.identity.models import RESOURCE, Identities
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.tokens import (
    Principal,
    TokenExpired,
    TokenForOther,
    Tokens,
    TokenUnknown,
)

APPLICATION = "11111111-2222-4333-8444-555555555555"


class EntraTokens(Tokens):
    """Tokens with three parts stand for Entra's: ``entra.<audience>.<application or state>``."""

    def check(self, value: str, audiences: Any = ()) -> Principal:
        if value.count(".") != 2:
            return super().check(value, audiences)
        _, audience, owner = value.split(".")
        if owner == "expired":
            raise TokenExpired("The access token has expired.")
        wanted = "databricks" if any("-" in a and "/" not in a for a in audiences) else "arm"
        if audience != wanted:
            raise TokenForOther(f"The token is for {audience}, not for this service.")
        if owner == "forged":
            raise TokenUnknown("Invalid access token.")
        return Principal("service_principal", owner, None)


@pytest.fixture
def identities(cloud: Cloud) -> Identities:
    return Identities(cloud)


@pytest.fixture
def authenticate(cloud: Cloud, identities: Identities) -> Any:
    authentication = Authentication(EntraTokens(cloud), identities)

    def check(token: str | None, **headers: str) -> Principal:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named["Authorization"] = f"Bearer {token}"
        return authentication(Request(EnvironBuilder("/", headers=named).get_environ()))

    return check


def refused(authenticate: Any, *arguments: Any, **headers: str) -> ApiError:
    with pytest.raises(ApiError) as error:
        authenticate(*arguments, **headers)
    return error.value


def first_contact(token: str, resource: str) -> dict[str, str]:
    return {MANAGEMENT_TOKEN.replace("-", "_"): token, RESOURCE_ID.replace("-", "_"): resource}


def test_a_service_principal_the_workspace_does_not_know_is_refused(authenticate: Any) -> None:
    error = refused(authenticate, f"x.databricks.{APPLICATION}")
    assert (error.code, error.message) == (403, "User not authorized.")


def test_first_contact_adds_it_for_good(authenticate: Any, identities: Identities) -> None:
    token = f"x.databricks.{APPLICATION}"
    headers = first_contact(f"x.arm.{APPLICATION}", RESOURCE.upper())
    assert authenticate(token, **headers).name == APPLICATION
    assert authenticate(token).kind == "service_principal"
    assert [found["applicationId"] for found in identities.service_principals()] == [APPLICATION]


@pytest.mark.parametrize(
    ("management", "resource", "told"),
    [
        ("x.arm.forged", RESOURCE, MANAGEMENT_TOKEN),
        (f"x.databricks.{APPLICATION}", RESOURCE, MANAGEMENT_TOKEN),
        ("x.arm.somebody-else", RESOURCE, MANAGEMENT_TOKEN),
        (f"x.arm.{APPLICATION}", f"{RESOURCE}-other", RESOURCE_ID),
    ],
)
def test_first_contact_needs_the_right_headers(
    authenticate: Any, identities: Identities, management: str, resource: str, told: str
) -> None:
    error = refused(
        authenticate, f"x.databricks.{APPLICATION}", **first_contact(management, resource)
    )
    assert error.code == 403
    assert told in error.message
    assert identities.service_principals() == []


def test_statuses_tell_what_is_wrong_with_an_entra_token(authenticate: Any) -> None:
    assert refused(authenticate, "x.databricks.expired").code == 401
    wrong = refused(authenticate, f"x.arm.{APPLICATION}")
    assert wrong.code == 400
    assert "Expected aud claim to be: 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d" in wrong.message
    assert refused(authenticate, "x.databricks.forged").code == 403
    assert refused(authenticate, None).code == 401
