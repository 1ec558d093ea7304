"""Deployment configurations of web services, as SDK v1 took them.

Source: azureml-core 1.61, ``_model_management._util.deploy_config_dict_to_obj`` and
``validate_configuration`` of ``AciWebservice`` and ``AksWebservice``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.azureml.web_services import ACI, AKS
from modelyard.errors import FileError, InputError
from modelyard.operations.deployments.plain_values import check_sendable
from modelyard.reading import nearest

_OWN = ("name", "environmentImageRequest", "kvTags", "computeName", "overwrite", "keys")
_DEFAULTS: Mapping[str, Any] = {"authEnabled": True}
_RESOURCES_OF_NEW = {"cpu": 1, "memoryInGB": 1}
_REPLICAS = {"minReplicas": 1, "maxReplicas": 3}
"""On AKS, each where nothing is said of it."""


@dataclass(frozen=True)
class _Kind:
    """What a value has to be."""

    told: str
    fits: Callable[[Any], bool]


def _is_number(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


_SWITCH = _Kind("true or false", lambda one: isinstance(one, bool))
_TEXT = _Kind("a text", lambda one: isinstance(one, str))
_NOTHING = _Kind(
    "empty: TLS needs a private key, and a file is no place for it; target managed has TLS",
    lambda one: one in (False, ""),
)
_AMOUNT = _Kind("a number above 0", lambda one: _is_number(one, int, float) and one > 0)
_COUNT = _Kind("a whole number above 0", lambda one: _is_number(one, int) and one > 0)
_ANY_COUNT = _Kind("a whole number, 0 or more", lambda one: _is_number(one, int) and one >= 0)
_RESOURCES = {
    **dict.fromkeys(("cpu", "memoryInGB", "cpuLimit", "memoryInGBLimit"), _AMOUNT),
    **dict.fromkeys(("gpu", "gpuCores"), _ANY_COUNT),
}
_ALL: Mapping[str, Any] = {
    "computeType": _TEXT,
    **dict.fromkeys(("authEnabled", "appInsightsEnabled"), _SWITCH),
    "containerResourceRequirements": _RESOURCES,
}
_KEYS: Mapping[str, Mapping[str, Any]] = {
    ACI: {
        **_ALL,
        **dict.fromkeys(("sslEnabled", "sslCertificate", "sslKey", "cname"), _NOTHING),
        **dict.fromkeys(("location", "dnsNameLabel", "vnetName", "subnetName"), _TEXT),
    },
    AKS: {
        **_ALL,
        "namespace": _TEXT,
        **dict.fromkeys(("numReplicas", "maxConcurrentRequestsPerContainer"), _COUNT),
        **dict.fromkeys(("maxQueueWaitMs", "scoringTimeoutMs"), _COUNT),
        "autoScaler": {
            "autoscaleEnabled": _SWITCH,
            **dict.fromkeys(("minReplicas", "maxReplicas"), _COUNT),
            **dict.fromkeys(("targetUtilization", "refreshPeriodInSeconds"), _COUNT),
        },
        "dataCollection": {"storageEnabled": _SWITCH},
        "livenessProbeRequirements": {
            **dict.fromkeys(("periodSeconds", "initialDelaySeconds", "timeoutSeconds"), _COUNT),
            **dict.fromkeys(("failureThreshold", "successThreshold"), _COUNT),
        },
    },
}
"""What each has to be, or the same of those within it."""


def config_of(value: Any, kind: str) -> dict[str, Any]:
    """The fields of the request that a deployment configuration gives.

    :param kind: ACI or AKS.
    :raises InputError, FileError: for what a service of that kind doesn't have; one for all that
        is wrong.
    """
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise FileError(
            "deployment-config isn't a mapping, such as 'authEnabled: true'",
            fix="write names of the deployment configuration with their values",
        )
    check_sendable(value, "deployment-config")
    given_kind = value.get("computeType")
    if given_kind is not None and str(given_kind).upper() != kind:
        raise InputError(
            f"deployment-config is for {given_kind}, and the target for {kind}",
            fix="take the target that it is for, or correct its computeType",
        )
    if own := sorted(set(value) & set(_OWN)):
        raise InputError(f"deployment-config has {own[0]}, which model-deploy sets itself")
    if mistakes := list(_mistakes(value, _KEYS[kind])) or list(_clashes(value)):
        raise InputError(
            "\n  ".join([f"deployment-config isn't one of a service on {kind}:", *mistakes]),
            fix="correct these names and values",
        )
    config = {name: one for name, one in value.items() if name != "computeType"}
    config["containerResourceRequirements"] = _resources(value)
    return {**_DEFAULTS, **config, **({"autoScaler": _scaler(value)} if kind == AKS else {})}


def _resources(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**_RESOURCES_OF_NEW, **(given.get("containerResourceRequirements") or {})}


def _scaler(given: Mapping[str, Any]) -> dict[str, Any]:
    """It scales unless the number of replicas is fixed."""
    wanted = {name: one for name, one in (given.get("autoScaler") or {}).items() if one is not None}
    if given.get("numReplicas"):
        return {"autoscaleEnabled": False}
    return {"autoscaleEnabled": True, **_REPLICAS, **wanted}


def _clashes(given: Mapping[str, Any]) -> Iterator[str]:
    """What is right by itself and can't be together."""
    resources = _resources(given)
    for name in ("cpu", "memoryInGB"):
        limit = resources.get(f"{name}Limit")
        if limit is not None and limit < resources[name]:
            yield f"{name}Limit is {limit}, below {name}, which is {resources[name]}"
    if bool(given.get("vnetName")) != bool(given.get("subnetName")):
        yield "of vnetName and subnetName one is given, and each needs the other"
    scaler, replicas = given.get("autoScaler") or {}, given.get("numReplicas")
    bounds = [name for name, one in scaler.items() if name != "autoscaleEnabled" and one]
    enabled = scaler.get("autoscaleEnabled")
    if enabled and replicas:
        yield f"numReplicas is {replicas}, and autoScaler is enabled: give one of the two"
    if enabled is False and not replicas:
        yield "autoScaler is disabled, and numReplicas isn't given"
    if bounds and (enabled is False or (enabled is None and replicas)):
        yield f"autoScaler has {', '.join(bounds)}, and isn't enabled"
    least, most = (scaler.get(name) or default for name, default in _REPLICAS.items())
    if least > most:
        yield f"autoScaler.minReplicas is {least}, above maxReplicas, which is {most}"


def _mistakes(
    given: Mapping[str, Any], known: Mapping[str, Any], within: str = ""
) -> Iterator[str]:
    for name, value in given.items():
        place = f"{within}{name}"
        if name not in known:
            yield f"{place} isn't known{nearest(str(name), known)}; known are {', '.join(known)}"
            continue
        wanted = known[name]
        if value is None:
            continue
        if isinstance(wanted, Mapping):
            if isinstance(value, Mapping):
                yield from _mistakes(value, wanted, f"{place}.")
            else:
                yield f"{place} isn't a mapping"
        elif not wanted.fits(value):
            # Keys and certificates are texts: these aren't shown.
            shown = "" if wanted in (_TEXT, _NOTHING) else f" is {repr(value)[:40]},"
            yield f"{place}{shown or ' is'} not {wanted.told}"
