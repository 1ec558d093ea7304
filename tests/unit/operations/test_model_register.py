"""A content that is registered already: left alone, and what it doesn't say is told."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.azureml import models, workspaces
from modelyard.azureml.assets import Asset
from modelyard.context import Context
from modelyard.errors import InputError
from modelyard.operations import model_register
from modelyard.operations.model_register import OPERATION, Inputs

TAGS = {"state": "champion", "run": "run-1", "metric.rmse": "0.9", "commit": "f00", "build": "7"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"run_id": "run-1", "metrics": {"rmse": 0.9}, "description": "dry"}, ""),
        ({"run_id": "run-2"}, "tag run 'run-2' (it has 'run-1')"),
        ({"metrics": {"rmse": 0.5, "mae": 1}}, "tag metric.rmse '0.5' (it has '0.9'); tag metric."),
        ({"tags": {"team": "wine"}}, "without tag team 'wine'"),
        ({"created_by": "ci"}, "without tag created_by 'ci'"),
        ({"description": "sweet"}, "description 'sweet' (it has 'dry')"),
    ],
)
def test_what_the_version_with_this_content_does_not_say_is_told(
    make_context: Callable[..., Context],
    recording_ci: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    changes: dict[str, Any],
    told: str,
) -> None:
    (tmp_path / "weights").write_text("1")
    found = Asset("models/wine", "wine", "3", {"tags": TAGS, "description": "dry"})
    monkeypatch.setattr(model_register, "connect", lambda *_, **__: Namespace(read_only=False))
    monkeypatch.setattr(workspaces, "require", lambda *_: None)
    monkeypatch.setattr(models, "of_content", lambda *_: found)
    names = {"name": "wine", "subscription_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    inputs = Inputs(
        **names, workspace_name="wine", resource_group="wine", model=(str(tmp_path),), **changes
    )
    outputs = model_register.run(inputs, make_context(OPERATION))
    assert (outputs.action, outputs.model) == ("left-alone", "wine:3")
    if told:
        [warning] = recording_ci.warnings()
        assert warning.startswith("version 3 of wine has this content and stays as it was")
        assert told in warning
    else:
        assert not recording_ci.warnings()


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        (["rmse"], "metrics isn't a mapping of numbers"),
        ({"rmse": "0.7, mae=3"}, "metrics has rmse with the value '0.7, mae=3', not a finite"),
        ({"rmse": True}, "metrics has rmse with the value True, not a finite number"),
        ({"rmse": "nan"}, "metrics has rmse with the value 'nan', not a finite number"),
        ({"": 1}, "metrics has a name that is empty"),
        ({" ": 1}, "metrics has a name that is empty"),
        ({"rmse": [1]}, r"metrics has rmse with the value \[1\], not a finite number"),
    ],
)
def test_metrics_are_numbers_by_name(
    make_context: Callable[..., Context], tmp_path: Path, metrics: Any, told: str
) -> None:
    (tmp_path / "weights").write_text("1")
    names = {"name": "wine", "subscription_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
    inputs = Inputs(
        **names,
        workspace_name="wine",
        resource_group="wine",
        model=(str(tmp_path),),
        metrics=metrics,
    )
    with pytest.raises(InputError, match=told) as caught:
        model_register.run(inputs, make_context(OPERATION))
    assert "such as 'rmse: 0.71'" in caught.value.fix
