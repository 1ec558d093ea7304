"""Which runtimes and machine sizes a cluster may ask for.

Names are Azure Databricks' own. The local machine stands in for all of them.
"""

from __future__ import annotations

import re
from typing import Any

RUNTIMES = (
    ("10.4", "2.12", "3.2.1"),
    ("11.3", "2.12", "3.3.0"),
    ("12.2", "2.12", "3.3.2"),
    ("13.3", "2.12", "3.4.1"),
    ("14.3", "2.12", "3.5.0"),
    ("15.4", "2.12", "3.5.0"),
    ("16.4", "2.12", "3.5.2"),
    ("17.3", "2.13", "4.0.0"),
)
"""(Databricks Runtime with long-term support, Scala, Apache Spark)."""

FLAVOURS = (("", ""), ("cpu-ml-", " ML"), ("gpu-ml-", " ML GPU"), ("photon-", " Photon"))

SIZES = (
    ("Standard_DS3_v2", 4, 14336),
    ("Standard_DS4_v2", 8, 28672),
    ("Standard_DS5_v2", 16, 57344),
    ("Standard_D3_v2", 4, 14336),
    ("Standard_D4s_v3", 4, 16384),
    ("Standard_D8s_v3", 8, 32768),
    ("Standard_D4ds_v5", 4, 16384),
    ("Standard_D8ds_v5", 8, 32768),
    ("Standard_D16ds_v5", 16, 65536),
    ("Standard_E4ds_v4", 4, 32768),
    ("Standard_E8ds_v4", 8, 65536),
    ("Standard_F4", 4, 8192),
    ("Standard_F4s", 4, 8192),
    ("Standard_F8s_v2", 8, 16384),
    ("Standard_L4s", 4, 32768),
    ("Standard_NC4as_T4_v3", 4, 28672),
    ("Standard_NC6s_v3", 6, 114688),
)
"""(node type, cores, memory in MB)."""


def spark_versions() -> list[dict[str, Any]]:
    """``{key, name}``, newest first."""
    return [
        {
            "key": f"{runtime}.x-{flavour}scala{scala}",
            "name": f"{runtime} LTS{label} (includes Apache Spark {spark}, Scala {scala})",
        }
        for runtime, scala, spark in reversed(RUNTIMES)
        for flavour, label in FLAVOURS
    ]


def node_types() -> list[dict[str, Any]]:
    return [
        {
            "node_type_id": name,
            "instance_type_id": name,
            "memory_mb": memory,
            "num_cores": float(cores),
            "num_gpus": 1 if name.startswith("Standard_NC") else 0,
            "description": name,
            "category": "GPU accelerated" if name.startswith("Standard_NC") else "General purpose",
            "is_deprecated": False,
            "is_hidden": False,
            "support_cluster_tags": True,
            "support_ebs_volumes": True,
            "is_io_cache_enabled": False,
            "node_info": {"status": [], "available_core_quota": 350, "total_core_quota": 350},
        }
        for name, cores, memory in SIZES
    ]


def is_spark_version(key: str) -> bool:
    return any(version["key"] == key for version in spark_versions())


def is_node_type(name: str) -> bool:
    return any(name == size for size, _, _ in SIZES)


def latest_lts(flavour: str = "") -> str:
    """The version that a policy's ``auto:latest-lts`` and ``auto:latest-ml`` stand for."""
    keys = [str(version["key"]) for version in spark_versions()]
    return next(key for key in keys if f".x-{flavour}scala" in key)


def runtime_of(spark_version: str) -> str:
    """``15.4.x-cpu-ml-scala2.12`` -> ``15.4``: what DATABRICKS_RUNTIME_VERSION says there."""
    match = re.match(r"\d+\.\d+", spark_version)
    return match.group() if match else spark_version
