"""The committed lock files: what they pin, and whether they pin it whole."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SETS = ("core", "images", "setup", "local", "development")
"""Each has everything of ``core``, and ``development`` also what ``setup`` and ``local`` have."""
EXTRAS = {
    "core": (),
    "images": ("images",),
    "setup": ("setup",),
    "local": ("local",),
    "development": ("local", "setup", "test"),
}
"""The extras of setup.cfg that each set is made of."""


@dataclass(frozen=True)
class Locked:
    """One package at one version."""

    name: str
    """As indexes compare it: lower case, ``-`` between words."""
    version: str
    marker: str
    """Where it is installed; nothing for everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 of each file of the release that may be installed."""


def read(root: Path, name: str) -> list[Locked]:
    """The packages of ``requirements/NAME.txt`` in their order."""
    text = (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return list(_packages(text))


def _packages(text: str) -> Iterator[Locked]:
    for line in text.replace("\\\n", " ").splitlines():
        wanted = re.sub(r"(^|\s)#.*", "", line).strip()
        if wanted:
            pinned, *options = re.split(r"\s+--hash=", wanted)
            requirement = Requirement(pinned)
            exact = re.fullmatch(r"==([^*,]+)", str(requirement.specifier))
            yield Locked(
                canonicalize_name(requirement.name),
                exact[1] if exact else "",
                str(requirement.marker or ""),
                tuple(one.removeprefix("sha256:") for one in options),
            )


def problems(root: Path) -> Iterator[str]:
    """What keeps the lock files from pinning what ``setup.cfg`` asks for."""
    for name in SETS:
        try:
            locked = read(root, name)
        except FileNotFoundError:
            yield f"requirements/{name}.txt is missing"
            continue
        for one in locked:
            if not one.version:
                yield f"requirements/{name}.txt: {one.name} isn't pinned to one version"
            if not one.hashes or not all(re.fullmatch("[0-9a-f]{64}", h) for h in one.hashes):
                yield f"requirements/{name}.txt: {one.name} {one.version} has no SHA-256 hash"
        for requirement in declared(root, EXTRAS[name]):
            found = [one for one in locked if one.name == canonicalize_name(requirement.name)]
            if not any(
                requirement.specifier.contains(one.version, prereleases=True) for one in found
            ):
                yield f"requirements/{name}.txt has no {requirement} (setup.cfg)"


def declared(root: Path, extras: Sequence[str] = ()) -> list[Requirement]:
    """What ``setup.cfg`` asks for, with these extras."""
    config = configparser.ConfigParser()
    config.read_string((root / "setup.cfg").read_text(encoding="utf-8"))
    texts = [config["options"]["install_requires"]]
    texts += [config["options.extras_require"][extra] for extra in extras]
    return [Requirement(line) for text in texts for line in text.split("\n") if line.strip()]
