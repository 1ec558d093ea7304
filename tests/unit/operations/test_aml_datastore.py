from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.azureml import workspaces
from modelyard.azureml.connection import Place
from modelyard.azureml.workspaces import AzureMLWorkspace
from modelyard.context import Context
from modelyard.credentials import Anonymous
from modelyard.errors import AlreadyExists, InputError
from modelyard.http import Session
from modelyard.operations import aml_datastore
from modelyard.operations.aml_datastore import OPERATION
from modelyard.operations.datastores.datastore_inputs import DatastoreInputs
from unit.conftest import RecordingCI

ARM, REGION = "https://management.azure.com", "https://westeurope.api.azureml.ms"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
PLACE = Place(SUBSCRIPTION, "wine", "wine")
WS = f"{ARM}{PLACE.path}"
STORE = f"{WS}/datastores/days"
DEFAULT = f"{REGION}/datastore/v1.0{PLACE.path}/default/days"
TENANT, CLIENT = "11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000"
KEY = "a-key-of-the-account"
Make = Callable[..., Context]


@pytest.fixture(autouse=True)
def signed_in(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The same sessions without a sign-in."""
    caplog.set_level(logging.INFO)

    def connect(_inputs: Any, context: Context, *, read_only: bool) -> Session:
        return Session(ARM, clock=context.clock, credential=Anonymous(), read_only=read_only)

    def region(
        _inputs: Any, context: Context, workspace: AzureMLWorkspace, *, read_only: bool
    ) -> Session:
        address = workspaces.api_address(workspace.discovery_url)
        return Session(address, clock=context.clock, credential=Anonymous(), read_only=read_only)

    monkeypatch.setattr(aml_datastore, "connect", connect)
    monkeypatch.setattr(aml_datastore, "connect_region", region)


@pytest.fixture(autouse=True)
def service(requests_mock: mocking.Mocker) -> mocking.Mocker:
    """A workspace without datastores that takes any."""
    properties = {"discoveryUrl": f"{REGION}/discovery"}
    requests_mock.get(WS, json={"id": WS, "location": "westeurope", "properties": properties})
    requests_mock.get(STORE, status_code=404, json={"error": {"code": "UserError"}})
    requests_mock.put(STORE, json={"id": STORE, "name": "days", "properties": {}})
    requests_mock.put(DEFAULT, json={})
    return requests_mock


def inputs(**changes: Any) -> DatastoreInputs:
    values: dict[str, Any] = {
        "subscription_id": SUBSCRIPTION,
        "workspace_name": "wine",
        "datastore_name": "days",
        "datastore_type": "blob",
        "account": "wineweather",
        "container": "days",
        "account_key": KEY,
        "azure_tenant_id": TENANT,
        "azure_client_id": CLIENT,
        "azure_client_secret": "of-who-asks",
    }
    return DatastoreInputs(**{**values, **changes})


def several(stores: Any, **changes: Any) -> DatastoreInputs:
    none = dict.fromkeys(
        ("datastore_name", "datastore_type", "account", "container", "account_key")
    )
    return inputs(**{**none, "datastores": stores, **changes})


def there(service: mocking.Mocker, *, key: str = KEY, **properties: Any) -> None:
    body = {
        "datastoreType": "AzureBlob",
        "accountName": "wineweather",
        "containerName": "days",
        "endpoint": "core.windows.net",
        "credentials": {"credentialsType": "AccountKey"},
        "tags": {"team": "wine"},
        "isDefault": False,
    }
    service.get(STORE, json={"id": STORE, "name": "days", "properties": {**body, **properties}})
    service.post(f"{STORE}/listSecrets", json={"secretsType": "AccountKey", "key": key})


def sent(service: mocking.Mocker) -> list[Any]:
    return [one for one in service.request_history if one.method == "PUT"]


def test_a_new_one_is_created_with_its_key(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    done = OPERATION.run(inputs(make_default=True), make_context(OPERATION))
    assert (done.created, done.updated, done.left_alone) == (("days",), (), ())
    assert done.default_changed is True
    made, default = sent(service)
    assert made.json()["properties"] == {
        "datastoreType": "AzureBlob",
        "accountName": "wineweather",
        "containerName": "days",
        "endpoint": "core.windows.net",
        "protocol": "https",
        "credentials": {
            "credentialsType": "AccountKey",
            "secrets": {"secretsType": "AccountKey", "key": KEY},
        },
    }
    assert default.url == DEFAULT
    assert KEY not in caplog.text


def test_a_key_that_is_given_no_more_goes_with_a_warning(
    service: mocking.Mocker, make_context: Make, recording_ci: RecordingCI
) -> None:
    there(service)
    done = OPERATION.run(inputs(account_key=None), make_context(OPERATION))
    assert done.updated == ("days",)
    (told,) = recording_ci.annotations
    assert "the datastore days has a secret (AccountKey) and is given none: it goes" in told.text


def test_the_second_time_nothing_changes_and_it_is_said(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    there(service, isDefault=True)
    done = OPERATION.run(inputs(make_default=True), make_context(OPERATION))
    assert done.left_alone == ("days",)
    assert done.default_changed is False
    assert sent(service) == []
    assert "datastore days: left-alone" in caplog.text
    assert "datastore days: is the default already" in caplog.text


def test_another_key_is_written_and_not_shown(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = {  # what somebody else has set
        "description": "days of wine",
        "tags": {"team": "wine"},
        "properties": {"a": "b"},
        "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
    }
    there(service, key="the-key-of-before", **elsewhere)
    done = OPERATION.run(inputs(), make_context(OPERATION))
    assert done.updated == ("days",)
    [put] = sent(service)
    assert put.json()["properties"].items() >= elsewhere.items()
    assert "isDefault" not in put.json()["properties"]
    assert "updated (another secret)" in caplog.text
    assert "the-key-of-before" not in caplog.text


def test_a_key_that_may_not_be_read_is_written_again(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    there(service)
    service.post(f"{STORE}/listSecrets", status_code=403, json={"error": {"code": "Forbidden"}})
    assert OPERATION.run(inputs(), make_context(OPERATION)).updated == ("days",)
    assert "may not read its secret" in caplog.text


def test_another_container_is_an_update(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    there(service, containerName="nights")
    assert OPERATION.run(inputs(), make_context(OPERATION)).updated == ("days",)
    assert "containerName 'nights' -> 'days'" in caplog.text


def test_one_of_another_type_is_an_error(service: mocking.Mocker, make_context: Make) -> None:
    there(service, datastoreType="AzureFile")
    with pytest.raises(AlreadyExists, match="is of the type AzureFile, not AzureBlob"):
        OPERATION.run(inputs(), make_context(OPERATION))


def test_a_dry_run_changes_nothing(
    service: mocking.Mocker, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    done = OPERATION.run(inputs(dry_run=True, make_default=True), make_context(OPERATION))
    assert done.created == ("days",)
    assert sent(service) == []
    assert "would be created" in caplog.text
    assert "would be made the default" in caplog.text


def test_several_take_their_secrets_from_variables(
    service: mocking.Mocker, make_context: Make
) -> None:
    long = "lake" * 40  # no limit of a Databricks secret scope is this service's
    for name in (long, "plain"):
        service.get(f"{WS}/datastores/{name}", status_code=404, json={})
        service.put(f"{WS}/datastores/{name}", json={"id": name, "properties": {}})
    stores = {
        "days": {
            "type": "blob",
            "account": "wineweather",
            "container": "days",
            "sas-token": "DAYS_SAS",
        },
        long: {
            "type": "adls-gen2",
            "account": "winelake",
            "container": "raw",
            "tenant-id": TENANT,
            "client-id": CLIENT,
            "client-secret": "LAKE_SECRET",
        },
        "plain": {"type": "blob", "account": "wine", "container": "raw", "default": True},
    }
    service.put(DEFAULT.replace("days", "plain"), json={})
    context = make_context(
        OPERATION, {"DAYS_SAS": "?sv=1&sig=abc-signature", "LAKE_SECRET": "secret-of-the-lake"}
    )
    done = OPERATION.run(several(stores), context)
    assert done.created == ("days", long, "plain")
    days, lake, plain = (one.json()["properties"] for one in sent(service)[:3])
    assert days["credentials"]["secrets"]["sasToken"] == "sv=1&sig=abc-signature"
    assert lake["filesystem"] == "raw"
    assert lake["credentials"] == {
        "credentialsType": "ServicePrincipal",
        "tenantId": TENANT,
        "clientId": CLIENT,
        "authorityUrl": "https://login.microsoftonline.com",
        "resourceUrl": "https://storage.azure.com/",
        "secrets": {"secretsType": "ServicePrincipal", "clientSecret": "secret-of-the-lake"},
    }
    assert plain["credentials"] == {"credentialsType": "None"}
    assert sent(service)[3].url.endswith("/default/plain")


ONE = {"type": "blob", "account": "wine", "container": "raw"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (inputs(datastore_name=None), "no datastore is named"),
        (inputs(datastore_name="a-b"), "'a-b' can't name a datastore"),
        (inputs(container=None), "container is None"),
        (inputs(account="Wine"), "account is 'Wine'"),
        (inputs(datastore_type=None), "type is None; there are blob"),
        (inputs(sas_token="x"), "account-key and sas-token are given"),
        (inputs(datastore_type="adls-gen2"), "not account-key"),
        (inputs(account_key=None, storage_client_id=CLIENT), "all of tenant-id"),
        (inputs(datastores={"days": ONE}), "both given"),
        (several(["days"]), "isn't a mapping of names"),
        (several({}), "isn't a mapping of names"),
        (several({"days": "blob"}), "no mapping for days"),
        (several({"days": {**ONE, "kind": "x"}}), "kind isn't known"),
        (several({"days": {**ONE, "default": "yes"}}), "neither true nor false"),
        (several({"days": {**ONE, "account-key": 5}}), "account-key isn't a text"),
        (several({"a": {**ONE, "default": True}, "b": {**ONE, "default": True}}), "a, b: one"),
        (several({"a": {**ONE, "account-key": "NOT_SET"}}), "a.account-key: the environment"),
        (
            several(
                {"a": {**ONE, "tenant-id": "x", "client-id": CLIENT, "client-secret": "SECRET"}}
            ),
            "tenant-id is 'x'",
        ),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_asked(
    service: mocking.Mocker, make_context: Make, given: DatastoreInputs, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        OPERATION.run(given, make_context(OPERATION))
    assert not service.called
