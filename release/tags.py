"""The tags of a release: one that is new and stays, and those that move.

``uses: OWNER/modelyard/actions/NAME@v1`` follows every release of major version 1, ``@v1.2`` every
one of 1.2, ``@v1.2.3`` none. A tag never moves back: a fix for 1.2 leaves ``v1`` at 1.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from release.repository import Version


def new(version: Version) -> str:
    """``v1.2.3``."""
    return "v{}.{}.{}".format(*version)


def moving(version: Version, releases: Iterable[Version]) -> list[str]:
    """The tags that come to stand for this version, widest first.

    :param releases: every version that has a tag already.
    """
    others = set(releases) - {version}
    return [
        "v" + ".".join(map(str, version[:length]))
        for length in (1, 2)
        if all(one < version for one in others if one[:length] == version[:length])
    ]


def commands(
    version: Version, commit: str, existing: Mapping[str, str], releases: Iterable[Version]
) -> list[str]:
    """What a maintainer types, in order. The leases make a push fail if somebody moved a tag.

    :param existing: every tag with its commit.
    """
    name, moved = new(version), moving(version, releases)
    made = [
        f"git tag --annotate {name} --message 'Modelyard {name[1:]}' {commit}",
        *(f"git tag --force {one} {commit}" for one in moved),
        f"git push origin refs/tags/{name}",
    ]
    if moved:
        # Nothing after the colon: the remote must not have the tag yet.
        leases = [f"--force-with-lease=refs/tags/{one}:{existing.get(one, '')}" for one in moved]
        made.append(" ".join(["git push origin", *leases, *(f"refs/tags/{one}" for one in moved)]))
    return made
