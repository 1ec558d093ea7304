"""An online endpoint of Azure ML behind the calls of model-deploy."""

from __future__ import annotations

from argparse import Namespace

import pytest
import requests_mock as mocking

from modelyard.azureml import assets, workspaces
from modelyard.azureml.assets import Asset
from modelyard.clock import FakeClock
from modelyard.operations import model_deploy
from modelyard.operations.deployments import to_online
from unit.operations.deployments.online_azure import Azure


@pytest.fixture
def azure(
    requests_mock: mocking.Mocker, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Azure:
    made = Azure(requests_mock, clock)
    workspace = Namespace(location="westeurope")
    for module in (to_online, model_deploy):
        monkeypatch.setattr(module, "connect", lambda *_, **__: made.session)
    monkeypatch.setattr(workspaces, "require", lambda *_: workspace)
    monkeypatch.setattr(assets, "look_up", lambda *_: Asset("models/wine:1", "wine", "1", {}))
    return made
