"""The names under which Microsoft Entra answers, in the public cloud and the sovereign ones.

Here every one of them has the same tenant; really, a tenant is of one cloud only.
Source: https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PUBLIC = "login.microsoftonline.com"
CLOUDS: tuple[tuple[str, ...], ...] = (
    (PUBLIC, "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
)
"""The names of each cloud; the first is the one it prefers."""
ALL: Sequence[str] = tuple(name for cloud in CLOUDS for name in cloud)


def discovery() -> list[dict[str, Any]]:
    """What clients ask before they trust a name: which names are one."""
    return [
        {
            "preferred_network": names[0],
            "preferred_cache": "login.windows.net" if names[0] == PUBLIC else names[0],
            "aliases": list(names),
        }
        for names in CLOUDS
    ]
