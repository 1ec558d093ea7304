"""The inputs of model-deploy for web services on ACI and AKS, and what they ask for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.azureml import content
from modelyard.azureml.content import Content
from modelyard.azureml.web_services import ACI, AKS
from modelyard.errors import FileError, InputError
from modelyard.operation import Structure, given
from modelyard.operations.deployments.online_inputs import OnlineInputs
from modelyard.operations.deployments.plain_values import conda_of
from modelyard.operations.deployments.service_config import config_of
from modelyard.reading import nearest

SERVICES = "target = aci || target = aks"
KINDS = {"aci": ACI, "aks": AKS}
_UNUSED = ("extraDockerfileSteps", "schemaFile", "dependencies", "enableGpu", "baseImageRegistry")
"""Keys of inference configurations that SDK v1 took: allowed while they are empty or false."""
_INFERENCE = ("entryScript", "sourceDirectory", "condaFile", "runtime", "baseImage")


@dataclass(frozen=True, kw_only=True)
class ServiceInputs(OnlineInputs):
    """Inputs of the targets aci and aks, beside model, code, scoring-script and conda-file."""

    inference_config: Structure | None = given(
        "Inference configuration as `az ml` of SDK v1 took it: entryScript, condaFile, "
        "sourceDirectory and baseImage; in place or a file. In place of code, scoring-script and "
        "conda-file.",
        default=None,
        file=True,
        visible_when=SERVICES,
    )
    deployment_config: Structure | None = given(
        "Deployment configuration as `az ml` of SDK v1 took it, such as "
        "containerResourceRequirements, autoScaler and authEnabled; in place or a file. Left out, "
        "1 core, 1 GB, on AKS 1 to 3 replicas. Keys are needed unless authEnabled is false.",
        default=None,
        file=True,
        visible_when=SERVICES,
    )


@dataclass(frozen=True)
class Service:
    """A service as it is asked for; nothing of it is uploaded yet."""

    kind: str
    model: str
    code: Content
    script: str
    """In the code's folder."""
    conda: Mapping[str, Any]
    image: str
    variables: Mapping[str, str]
    compute: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    def fingerprint(self, model_id: str) -> str:
        """The hash of all of it."""
        wanted = {
            "kind": self.kind,
            "model": model_id,
            "code": self.code.hash(),
            "script": self.script,
            "conda": dict(self.conda),
            "image": self.image,
            "variables": dict(self.variables),
            "compute": self.compute,
            "config": dict(self.config),
        }
        text = json.dumps(wanted, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def service_of(inputs: ServiceInputs, target: str, variables: Mapping[str, str]) -> Service:
    """The service that is asked for.

    :raises InputError, FileError: for what can't be.
    """
    kind = KINDS[target]
    if not inputs.model:
        raise InputError(f"target {target} needs model", fix="give NAME:VERSION")
    if kind == AKS and not inputs.compute:
        raise InputError("target aks needs compute, the name of the cluster in the workspace")
    if kind == ACI and inputs.compute:
        raise InputError("target aci has no compute: Azure makes a container instance")
    if inputs.environment or inputs.settings or inputs.auth_mode != "key":
        raise InputError(
            f"environment, settings and auth-mode are for online endpoints, not for {kind}",
            fix="give conda-file and deployment-config",
        )
    if wrong := [one for one in inputs.collect if one not in ("request", "response")]:
        raise InputError(
            f"collect has {wrong[0]}, and a web service can't tell collections apart",
            fix="give request and response: its script then collects by azureml-monitoring",
        )
    folder, script, conda, image = _inference(inputs)
    code = content.gather([folder], what="code", root="code")
    if f"code/{script}" not in code.files:
        raise FileError(
            f"there is no {script} in {folder}",
            fix="correct code or scoring-script, or those of inference-config",
        )
    config = config_of(inputs.deployment_config, kind)
    if inputs.collect:
        config = {**config, "dataCollection": {"storageEnabled": True, "eventHubEnabled": False}}
    return Service(
        kind=kind,
        model=inputs.model,
        code=code,
        script=script,
        conda=conda_of(conda),
        image=image or inputs.environment_image,
        variables=variables,
        compute=inputs.compute or "",
        config=config,
    )


def _inference(inputs: ServiceInputs) -> tuple[str, str, Path, str]:
    """Folder, script, conda file and image: of the configuration, or of the single inputs."""
    if inputs.inference_config is None:
        if not inputs.code or not inputs.conda_file:
            raise InputError(
                "a web service needs code and conda-file, or inference-config",
                cause="Azure ML serves a model there by a scoring script alone",
            )
        return inputs.code, inputs.scoring_script, Path(inputs.conda_file), ""
    if inputs.code or inputs.conda_file:
        raise InputError("both inference-config and code or conda-file are given")
    config: Any = inputs.inference_config
    if not isinstance(config, Mapping):
        raise FileError(
            "inference-config isn't a mapping, such as 'entryScript: score.py'",
            fix="write names of the inference configuration with their values",
        )
    if unknown := sorted(set(config) - {*_INFERENCE, *_UNUSED}):
        raise InputError(
            f"inference-config has {unknown[0]}, which isn't a key of one"
            f"{nearest(str(unknown[0]), _INFERENCE)}",
            fix=f"it may have {', '.join(_INFERENCE)}",
        )
    if set_ := [one for one in _UNUSED if config.get(one)]:
        raise InputError(
            f"inference-config has {set_[0]}, which isn't supported",
            fix="bring it into the conda file or into a base image of your own (baseImage)",
        )
    if config.get("runtime") not in (None, "", "python"):
        raise InputError(f"the runtime of inference-config is {config['runtime']!r}, not python")
    if not config.get("entryScript") or not config.get("condaFile"):
        raise InputError("inference-config needs entryScript and condaFile")
    folder = Path(str(config.get("sourceDirectory") or Path(str(config["entryScript"])).parent))
    inside = config.get("sourceDirectory")
    script = str(config["entryScript"]) if inside else Path(str(config["entryScript"])).name
    conda = Path(str(config["condaFile"]))
    if inside and (folder / conda).is_file():
        conda = folder / conda
    return str(folder), script, conda, str(config.get("baseImage") or "")
