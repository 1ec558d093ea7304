"""What to do about the causes that Azure gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KNOWN = (
    (
        r"(?i)not enough quota|out ?of ?quota|quota( of cores)? (was )?exceeded|QuotaExceeded"
        r"|exceeding (quota limits|approved .{1,60} quota)",
        "the subscription's quota of cores doesn't allow it",
        "take a smaller machine or fewer of them, delete computes and endpoints nobody uses, or "
        "ask for more quota in the portal (Azure ML studio, Quota)",
    ),
    (
        r"(?i)ImageBuildFailure|image build failed",
        "the packages of the environment can't be installed",
        "see which package pip names above, and correct the conda file",
    ),
    (
        r"ModuleNotFoundError|No module named",
        "the script imports a package that the environment doesn't have",
        "add the package to the conda file of the environment",
    ),
    (
        r"(?i)container (application )?(has )?crashed|CrashLoopBackOff|ResourceNotReady"
        r"|Liveness probe failed",
        "the scoring script raised while it started (init)",
        "see the last lines of the log above; run the script with the same model",
    ),
    (
        r"(?i)OutOfCapacity|(lack of|not enough|insufficient) .{0,60}capacity|SkuNotAvailable",
        "the region has no such machines left at the moment",
        "try again later, or take another size of machine or another region",
    ),
)


def advice(texts: Iterable[str]) -> tuple[str, str]:
    """Likely cause and what to do, for the first of them that is known; empty texts otherwise."""
    text = "\n".join(texts)
    for pattern, cause, fix in _KNOWN:
        if re.search(pattern, text):
            return cause, fix
    return "", ""
