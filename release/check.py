"""``python -m release.check [VERSION]``: what a release does, and whether it is ready.

It builds the packages into ``dist``; beside that it only reads. It never tags, pushes or publishes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from release import ROOT, package, repository, tags, tfx
from release.conditions import CONDITIONS, Condition, Release
from release.refusal import Refused


def main(arguments: Sequence[str] | None = None) -> int:
    """:returns: 1 when something isn't ready, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m release.check",
        description="Say what a release does and whether it is ready; change nothing.",
    )
    parser.add_argument(
        "version", nargs="?", help="The version to release. Default: that of the library."
    )
    package.options(parser)
    chosen = parser.parse_args(arguments)
    try:
        given = chosen.version or package.version(ROOT)
        release = Release(
            root=ROOT,
            version=tags.new(repository.version(given))[1:],
            output=chosen.output,
            publisher=chosen.publisher,
            tfx=tfx.find(ROOT, chosen.tfx),
            tell=_tell,
        )
        print(f"Modelyard {release.version} from commit {repository.commit(ROOT)}")
        print(f"the release before it: {release.last or 'none'}\n", flush=True)
        _tell("this takes a minute or more: the packages are built twice and compared")
        # A list: the conditions after one that doesn't hold are looked at too.
        held = [_holds(name, one, release) for name, one in CONDITIONS.items()]
        print(f"\n{plan(release) if all(held) else 'NOT READY: nothing to tag yet'}")
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    return 0 if all(held) else 1


def _tell(text: str) -> None:
    """Where people look, not where what was found is kept."""
    print(f"... {text}", file=sys.stderr, flush=True)


def _holds(name: str, condition: Condition, release: Release) -> bool:
    _tell(name)
    try:
        problems = list(condition(release))
    except Refused as refused:
        problems = [str(refused)]
    print(f"{'NO' if problems else 'ok':<4}{name}", flush=True)
    for line in "\n".join(problems).splitlines():
        print(f"      {line}", flush=True)
    return not problems


def plan(release: Release) -> str:
    """What is left to do: commands to type, in order."""
    root, numbers = release.root, release.numbers
    releases, existing = repository.releases(root), repository.tags(root)
    moved = tags.moving(numbers, releases)
    new = tags.new(numbers)
    lines = ["READY. Tags, of which this program makes none:", f"  {new:<10} new, for ever"]
    lines += [
        f"  {one:<10} " + (f"moves from {existing[one][:12]}" if one in existing else "new, moves")
        for one in moved
    ]
    lines += [
        f"  {'.'.join(new.split('.')[:length]):<10} stays: a higher version has it"
        for length in (1, 2)
        if ".".join(new.split(".")[:length]) not in moved
    ]
    lines.append("\nCommands:")
    commit = repository.commit(root)
    lines += [f"  {one}" for one in tags.commands(numbers, commit, existing, releases)]
    if any(one > numbers for one in releases):
        lines.append(
            "\nThe Marketplace takes no version below the last one: don't publish the extension."
        )
    if release.publisher == package.PUBLISHER:
        lines.append(
            f"\nThe extension has the placeholder {package.PUBLISHER} as its publisher: give "
            f"--publisher, or set {package.VARIABLE}, before you publish it."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
