"""The inputs of model-deploy for online endpoints of Azure ML, and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.azureml import content
from modelyard.azureml.serving import IMAGE, KUBERNETES, MANAGED, Serving
from modelyard.endpoints import scoring
from modelyard.errors import FileError, InputError
from modelyard.operation import Structure, given
from modelyard.operations.deployments.plain_values import check_sendable, conda_of
from modelyard.operations.inputs.azureml_inputs import AzureMLInputs
from modelyard.operations.inputs.mappings import mapping_of

ONLINE = "target != local"
BLUE_GREEN = "target = managed || target = kubernetes"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COLLECTION = re.compile(r"[A-Za-z]\w*")
PAYLOADS = ("request", "response")
"""Collections that Azure fills itself."""
_OWN = (
    *("codeConfiguration", "endpointComputeType", "environmentId", "environmentVariables"),
    *("instanceType", "model", "properties", "provisioningState"),
)
"""Properties of a deployment that inputs of their own give."""


@dataclass(frozen=True, kw_only=True)
class OnlineInputs(AzureMLInputs):
    """Inputs of the targets managed and kubernetes."""

    model: str | None = given(
        "Registered model to serve: NAME:VERSION, such as the output model of model-register, or "
        "NAME@latest.",
        default=None,
        visible_when=ONLINE,
    )
    code: str | None = given(
        "Folder with the scoring script. Left out, the model has to be one of MLflow.",
        default=None,
        visible_when=ONLINE,
    )
    scoring_script: str = given(
        "Path of the scoring script in the folder code; it has init() and run(data).",
        default="score.py",
        visible_when=ONLINE,
    )
    conda_file: str | None = given(
        "Conda file of the environment that the scoring script runs in; it has to bring "
        "azureml-inference-server-http. Registered once for each content.",
        default=None,
        visible_when=ONLINE,
    )
    environment_image: str = given(
        "Base image of the environment, with conda-file.", default=IMAGE, visible_when=ONLINE
    )
    environment: str | None = given(
        "Registered environment, NAME:VERSION, in place of conda-file.",
        default=None,
        visible_when=BLUE_GREEN,
    )
    environment_variables: Structure | None = given(
        "Variables of the scoring script: a mapping of texts, without secrets.",
        default=None,
        multiline=True,
        visible_when=ONLINE,
    )
    instance_type: str | None = given(
        "Machine, such as Standard_DS3_v2, or the instance type of the Kubernetes cluster. "
        "Default: Standard_DS3_v2, or the cluster's default.",
        default=None,
        visible_when=ONLINE,
    )
    instance_count: int = given("Number of instances.", default=1, visible_when=ONLINE)
    compute: str | None = given(
        "Name of the cluster in the workspace: with target kubernetes an attached one, with target "
        "aks one of AKS.",
        default=None,
        visible_when="target = kubernetes || target = aks",
    )
    settings: Structure | None = given(
        "More properties of the deployment by their names in the REST reference, such as "
        "requestSettings, livenessProbe, scaleSettings or a whole dataCollector; in place or a "
        "file.",
        default=None,
        file=True,
        visible_when=BLUE_GREEN,
    )
    collect: tuple[str, ...] = given(
        "Data to collect in the workspace's blob storage, one collection a line: request and "
        "response are what is sent and answered; any other, such as model_inputs and "
        "model_outputs, is what the scoring script collects by azureml-ai-monitoring.",
        default=(),
        visible_when=ONLINE,
    )
    collect_percent: float = given(
        "Per cent of the requests that is collected.", default=100.0, visible_when=ONLINE
    )
    auth_mode: str = given(
        "What a new endpoint takes from its clients: a key, or a token that expires. One that "
        "takes keys doesn't do where aml-token is asked for.",
        default="key",
        choices=("key", "aml-token"),
        visible_when=BLUE_GREEN,
    )
    rows: Structure | None = given(
        "Rows for the smoke test and the watch: a list of objects or a request body; in place or "
        "a file. Left out, nothing is asked of the new deployment: it is neither tried nor "
        "watched.",
        default=None,
        file=True,
        visible_when=ONLINE,
    )
    expect_count: int | None = given(
        "Predictions that have to come back in the smoke test and the watch. Default: as "
        "many as there are rows.",
        default=None,
        visible_when=ONLINE,
    )
    expect_type: str = given(
        "Type that every prediction of the smoke test and the watch has to be of.",
        default="any",
        choices=scoring.KINDS,
        visible_when=ONLINE,
    )
    traffic: tuple[str, ...] = given(
        "Per cent of the traffic that the new deployment gets, step by step, one a line. 100 "
        "comes at the end; 100 alone gives it all at once. Default: 10, then 50.",
        default=(),
        visible_when=BLUE_GREEN,
    )
    watch_seconds: float = given(
        "Seconds that each step of the traffic is watched.", default=60.0, visible_when=BLUE_GREEN
    )
    watch_requests: int = given(
        "Requests that are sent in each step to watch it.", default=30, visible_when=BLUE_GREEN
    )
    max_error_percent: float = given(
        "Per cent of the new deployment's answers to the watch that may be wrong: errors, or not "
        "what expect-count and expect-type say.",
        default=0.0,
        visible_when=BLUE_GREEN,
    )
    max_latency_milliseconds: float | None = given(
        "Most that the new deployment may take in the median of the watch.",
        default=None,
        visible_when=BLUE_GREEN,
    )
    timeout_minutes: float = given(
        "Minutes that a new deployment may take until it is healthy.",
        default=30.0,
        visible_when=ONLINE,
    )


def serving_of(inputs: OnlineInputs, target: str) -> Serving:
    """The deployment that is asked for.

    :raises InputError, FileError: for what can't be.
    """
    if not inputs.model:
        raise InputError(f"target {target} needs model", fix="give NAME:VERSION")
    if target == "kubernetes" and not inputs.compute:
        raise InputError("target kubernetes needs compute, the name of the attached cluster")
    if target == "managed" and inputs.compute:
        raise InputError(
            "target managed has no compute: Azure brings the machines", fix="or take kubernetes"
        )
    if inputs.instance_count < 1:
        raise InputError(f"instance-count is {inputs.instance_count}; at least 1 is needed")
    if inputs.conda_file and inputs.environment:
        raise InputError("both conda-file and environment are given", fix="give one of them")
    if inputs.code and not (inputs.conda_file or inputs.environment):
        raise InputError("a scoring script needs conda-file or environment")
    code = content.gather([inputs.code], what="code", root="code") if inputs.code else None
    if code is not None and f"code/{inputs.scoring_script}" not in code.files:
        raise FileError(
            f"there is no {inputs.scoring_script} in {inputs.code}",
            fix="correct code or scoring-script",
        )
    conda = Path(inputs.conda_file) if inputs.conda_file else None
    if conda is not None:
        conda_of(conda)  # what is wrong with it is told before anything is begun
    managed = target == "managed"
    return Serving(
        kind=MANAGED if managed else KUBERNETES,
        model=inputs.model,
        code=code,
        script=inputs.scoring_script if code else "",
        environment=inputs.environment or "",
        conda=conda,
        image=inputs.environment_image,
        instance_type=inputs.instance_type or ("Standard_DS3_v2" if managed else ""),
        instance_count=inputs.instance_count,
        variables=variables_of(inputs.environment_variables),
        settings=_with_collector(_settings(inputs.settings), inputs),
    )


def variables_of(value: Any) -> dict[str, str]:
    """:raises InputError: for what can't be variables of a process."""
    found = mapping_of("environment-variables", value, example="LEVEL: debug")
    for name in found:
        if not _VARIABLE.fullmatch(name):
            raise InputError(f"environment-variables has {name!r}, which can't be one's name")
    return found


def _with_collector(settings: dict[str, Any], inputs: OnlineInputs) -> dict[str, Any]:
    """Source: Azure REST reference, "Online Deployments", DataCollector."""
    if not inputs.collect:
        return settings
    if "dataCollector" in settings:
        raise InputError("both collect and the dataCollector of settings are given")
    if wrong := [one for one in inputs.collect if not _COLLECTION.fullmatch(one)]:
        raise InputError(
            f"collect has {wrong[0]!r}", fix="use letters, digits and underscores, a letter first"
        )
    if not 0 < inputs.collect_percent <= 100:
        raise InputError(
            f"collect-percent is {inputs.collect_percent:g}, not above 0 and up to 100"
        )
    own = [name for name in inputs.collect if name not in PAYLOADS]
    if own and not inputs.code:
        raise InputError(
            f"collect has {own[0]}, and there is no scoring script that could collect it",
            fix=f"without one, collect {' and '.join(PAYLOADS)}",
        )
    rate = inputs.collect_percent / 100
    one = {"dataCollectionMode": "Enabled", "samplingRate": rate}
    return {**settings, "dataCollector": {"collections": dict.fromkeys(inputs.collect, one)}}


def _settings(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise FileError(
            "settings isn't a mapping of properties, such as 'requestSettings: {...}'",
            fix="write names of the REST reference with their values",
        )
    if own := sorted(set(value) & set(_OWN)):
        raise InputError(
            f"settings has {', '.join(own)}", fix="inputs of their own give these: leave them out"
        )
    check_sendable(value, "settings")
    return dict(value)
