"""Deployment configurations of web services, as SDK v1 took them.

Source: azureml-core 1.61, ``_model_management._util.deploy_config_dict_to_obj``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelyard.azureml.web_services import ACI, AKS
from modelyard.errors import FileError, InputError
from modelyard.operations.deployments.plain_values import check_sendable
from modelyard.reading import nearest

_OWN = ("name", "environmentImageRequest", "kvTags", "computeName", "overwrite", "keys")
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    ACI: {"containerResourceRequirements": {"cpu": 1, "memoryInGB": 1}},
    AKS: {
        "containerResourceRequirements": {"cpu": 1, "memoryInGB": 1},
        "autoScaler": {"autoscaleEnabled": True, "minReplicas": 1, "maxReplicas": 3},
    },
}
_RESOURCES = ("cpu", "memoryInGB", "cpuLimit", "memoryInGBLimit", "gpu", "gpuCores")
_KEYS: Mapping[str, Mapping[str, Iterable[str]]] = {
    ACI: {
        **dict.fromkeys(("computeType", "location", "authEnabled", "appInsightsEnabled"), ()),
        **dict.fromkeys(("sslEnabled", "sslCertificate", "sslKey", "cname"), ()),
        **dict.fromkeys(("dnsNameLabel", "vnetName", "subnetName"), ()),
        "containerResourceRequirements": _RESOURCES,
    },
    AKS: {
        **dict.fromkeys(("computeType", "namespace", "authEnabled", "appInsightsEnabled"), ()),
        **dict.fromkeys(("numReplicas", "maxConcurrentRequestsPerContainer"), ()),
        **dict.fromkeys(("maxQueueWaitMs", "scoringTimeoutMs"), ()),
        "containerResourceRequirements": _RESOURCES,
        "autoScaler": (
            *("autoscaleEnabled", "minReplicas", "maxReplicas"),
            *("targetUtilization", "refreshPeriodInSeconds"),
        ),
        "dataCollection": ("storageEnabled",),
        "livenessProbeRequirements": (
            *("periodSeconds", "initialDelaySeconds", "timeoutSeconds"),
            *("failureThreshold", "successThreshold"),
        ),
    },
}
"""Each with those within it."""


def config_of(value: Any, kind: str) -> dict[str, Any]:
    """The fields of the request that a deployment configuration gives.

    :param kind: ACI or AKS.
    :raises InputError, FileError: for what a service of that kind doesn't have.
    """
    if value is None:
        return {**_DEFAULTS[kind], "authEnabled": True}
    if not isinstance(value, Mapping):
        raise FileError(
            "deployment-config isn't a mapping, such as 'authEnabled: true'",
            fix="write names of the deployment configuration with their values",
        )
    check_sendable(value, "deployment-config")
    given_kind = value.get("computeType")
    if given_kind is not None and str(given_kind).upper() != kind:
        raise InputError(f"deployment-config is for {given_kind}, and the target for {kind}")
    if own := sorted(set(value) & set(_OWN)):
        raise InputError(f"deployment-config has {own[0]}, which model-deploy sets itself")
    _check_keys(value, _KEYS[kind], kind)
    config = {name: one for name, one in value.items() if name != "computeType"}
    return {**_DEFAULTS[kind], "authEnabled": True, **config}


def _check_keys(config: Mapping[str, Any], known: Mapping[str, Iterable[str]], kind: str) -> None:
    for name, value in config.items():
        if name not in known:
            raise InputError(
                f"deployment-config has {name}, which a service on {kind} doesn't have"
                f"{nearest(str(name), known)}",
                fix=f"it may have {', '.join(known)}",
            )
        inner = known[name]
        if not inner or value is None:
            continue
        if not isinstance(value, Mapping):
            raise InputError(f"{name} of deployment-config isn't a mapping")
        _check_within(name, value, inner)


def _check_within(where: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise InputError(
                f"deployment-config has {where}.{name}, which isn't known"
                f"{nearest(str(name), known)}",
                fix=f"{where} may have {', '.join(known)}",
            )
