"""Any other workspace than an allowed one is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests_mock as mocking

from modelyard import operations
from modelyard.account_errors import WorkspaceNotAllowed
from modelyard.azureml.connection import Place
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operation import members
from modelyard.operations.inputs.allowed_workspaces import check_address, check_place

BASE = "https://adb-1.2.azuredatabricks.net"
SUBSCRIPTION = "0000aaaa-0000-0000-0000-000000000000"
PLACE = Place(SUBSCRIPTION, "ML (dev)", "Wine")
ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ML (dev)/providers/"
    "Microsoft.MachineLearningServices/workspaces/Wine"
)


def test_any_workspace_is_allowed_when_none_is_named() -> None:
    check_address(BASE, ())
    check_place(PLACE, ())


def test_a_databricks_workspace_on_the_list_however_it_is_written() -> None:
    check_address(BASE, ["https://other.example", "ADB-1.2.azuredatabricks.net/?o=1"])


@pytest.mark.parametrize("entry", [ID, ID.upper(), ID.lower() + "/", "Wine", "wine"])
def test_an_azure_ml_workspace_on_the_list_however_it_is_written(entry: str) -> None:
    check_place(PLACE, [BASE, entry])


@pytest.mark.parametrize(
    "entry", ["https://other.example", "https://adb-1.2.azuredatabricks.net:8443", ID, "adb-1"]
)
def test_another_databricks_workspace_is_refused(entry: str) -> None:
    with pytest.raises(WorkspaceNotAllowed, match=r"adb-1\.2\S+ isn't among .*: ") as caught:
        check_address(BASE, [entry])
    assert entry in caught.value.what
    assert "workspace-url" in caught.value.fix


@pytest.mark.parametrize(
    "entry",
    [BASE, "wine2", ID + "2", ID.replace("dev", "prod"), ID.replace("aaaa", "bbbb")],
)
def test_another_azure_ml_workspace_is_refused(entry: str) -> None:
    with pytest.raises(WorkspaceNotAllowed) as caught:
        check_place(PLACE, [entry])
    assert f"{ID} isn't among the allowed workspaces: {entry}" == caught.value.what
    assert "workspace-name" in caught.value.fix


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("a b", "allowed-workspaces is 'a b'"),
        ("", "allowed-workspaces is ''"),
        (f"{ID}/computes/cpu", "isn't the resource id of an Azure ML workspace"),
        (ID.replace("MachineLearningServices", "Databricks"), "isn't the resource id of an Azure"),
        (f"https://ml.azure.com/home?wsid={ID}&tid=1", "isn't the resource id of an Azure"),
        (f"https://ml.azure.com/?wsid={quote(ID, safe='')}", "isn't the resource id of an Azure"),
        (f"https://portal.azure.com/#@a.example/resource{ID}/overview", "isn't the resource id"),
        (f"https://management.azure.com{ID}", "isn't the resource id of an Azure ML workspace"),
        ("ml.azure.com", "isn't the resource id of an Azure ML workspace"),
        ("https://studio.ml.azure.cn/", "isn't the resource id of an Azure ML workspace"),
    ],
)
@pytest.mark.parametrize(
    "check",
    [lambda allowed: check_address(BASE, allowed), lambda allowed: check_place(PLACE, allowed)],
)
def test_a_wrong_entry_of_the_list_names_the_list(
    check: Callable[[list[str]], None], entry: str, said: str
) -> None:
    with pytest.raises(InputError, match="allowed-workspaces") as caught:
        check(["wine", BASE, entry])
    assert said in caught.value.what
    assert caught.value.fix


def test_both_guards_say_that_they_are_guards() -> None:
    for operation in operations.every():
        guards = {one.name for one in members(operation.inputs) if one.spec.guards}
        assert guards == {
            one.name for one in members(operation.inputs) if one.name.startswith("allowed_")
        }


AZURE_ML: dict[str, dict[str, Any]] = {
    "aml-workspace": {},
    "aml-compute": {
        "compute_name": "cpu",
        "compute_type": "amlcompute",
        "vm_size": "Standard_DS3_v2",
    },
    "aml-datastore": {
        "datastore_name": "days",
        "datastore_type": "blob",
        "account": "wineweather",
        "container": "days",
    },
    "aml-pipeline": {"action": "trigger", "pipeline_id": "p"},
    "model-register": {"name": "wine", "model": ("weights",)},
    "model-deploy": {"target": "managed", "endpoint": "wine", "model": "wine:1"},
    "model-promote": {
        "registry": "azure-ml",
        "name": "wine",
        "version": "1",
        "metric": "rmse",
        "better": "lower",
        "minimum_gain": 0.0,
    },
    "model-select": {
        "source": "azure-ml",
        "run_ids": ("run-1",),
        "metric": "rmse",
        "better": "lower",
    },
    "endpoint-test": {"target": "managed", "endpoint": "wine", "rows": [{"a": 1}]},
}


def test_every_operation_of_azure_ml_is_among_those() -> None:
    names = {one.name: {each.name for each in members(one.inputs)} for one in operations.every()}
    assert {name for name, own in names.items() if "subscription_id" in own} == set(AZURE_ML)


@pytest.mark.parametrize("name", AZURE_ML)
@pytest.mark.parametrize("cloud", ["public", "china"])
def test_no_operation_sends_anything_to_another_azure_ml_workspace(
    make_context: Callable[..., Context],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    cloud: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").write_text("1")
    operation = operations.load(name)
    inputs = operation.inputs(
        subscription_id=SUBSCRIPTION,
        workspace_name="prod",
        allowed_workspaces=("dev", BASE),
        azure_cloud=cloud,
        azure_tenant_id="11111111-2222-3333-4444-555555555555",
        azure_client_id="client",
        azure_client_secret="made-up",
        **AZURE_ML[name],
    )
    with mocking.Mocker() as server, pytest.raises(WorkspaceNotAllowed):
        operation.run(inputs, make_context(operation))
    assert server.call_count == 0
