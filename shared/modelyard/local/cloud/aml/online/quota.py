"""Cores that a subscription may use, and how many each size of machine has.

Source: learn.microsoft.com, "Managed online endpoints SKU list"; the limit is the local cloud's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modelyard.local.cloud.aml.online import exceptions

LIMIT = 100
"""Cores of one family."""
CORES: Mapping[str, int] = {
    "Standard_DS1_v2": 1,
    "Standard_DS2_v2": 2,
    "Standard_DS3_v2": 4,
    "Standard_DS4_v2": 8,
    "Standard_DS5_v2": 16,
    "Standard_E2s_v3": 2,
    "Standard_E4s_v3": 4,
    "Standard_E8s_v3": 8,
    "Standard_F2s_v2": 2,
    "Standard_F4s_v2": 4,
    "Standard_F8s_v2": 8,
    "Standard_F16s_v2": 16,
    "Standard_F32s_v2": 32,
}
_SPARE = 1.2
"""A deployment is upgraded beside itself: the service reserves a fifth more."""


def check(deployment: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> None:
    """Raises ArmError when there are too few cores left for it, or no such machine."""
    if deployment["properties"].get("endpointComputeType") != "Managed":
        return
    size = str(deployment["properties"].get("instanceType") or "")
    if size not in CORES:
        raise exceptions.invalid(
            f"The instance type {size or '(none)'} is not supported; there are {', '.join(CORES)}."
        )
    family = _family(size)
    used = sum(_cores(one) for one in others if _family(_size(one)) == family)
    needed = _cores(deployment)
    if used + needed > LIMIT:
        raise exceptions.no_quota(size, used, LIMIT, needed)


def _cores(deployment: Mapping[str, Any]) -> int:
    count = int((deployment.get("sku") or {}).get("capacity") or 1)
    return int(CORES.get(_size(deployment), 0) * count * _SPARE + 0.999)


def _size(deployment: Mapping[str, Any]) -> str:
    return str(deployment["properties"].get("instanceType") or "")


def _family(size: str) -> str:
    """``Standard_DS3_v2`` -> ``Standard_DS_v2``: those share a limit."""
    return re.sub(r"_([A-Z]+)\d+", r"_\1", size)
