"""Ids of tenants, subscriptions, applications and much else."""

from __future__ import annotations

import re

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_guid(text: str) -> bool:
    """Whether it has the form of one."""
    return _GUID.fullmatch(text) is not None
