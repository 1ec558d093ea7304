"""``python -m release.package``: the wheel, the extension, the bill of materials, the checksums.

Everything is made from the clone and from what is installed; nothing is downloaded. The same commit
gives the same bytes, with the same versions of Python, setuptools and tfx.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard import operations
from release import ROOT, extension, repository, sbom, task_folders, tfx, wheel
from release.refusal import Refused
from release.task_folders import TaskFolder

PUBLISHER = "OWNER"
VARIABLE = "MODELYARD_PUBLISHER"
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Built:
    """What was made."""

    wheel: Path
    extension: Path
    sbom: Path
    checksums: Path
    folders: Sequence[TaskFolder]
    task_wheel: int
    """Bytes of the wheel in each of the folders."""

    @property
    def packages(self) -> tuple[Path, ...]:
        return self.wheel, self.extension, self.sbom


def version(root: Path = ROOT) -> str:
    """``modelyard.__version__`` as the clone has it, without importing it.

    :raises Refused: it isn't three numbers, which is all that an extension can have.
    """
    tree = ast.parse((root / "shared/modelyard/__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__":
            found = str(ast.literal_eval(node.value))
            if not re.fullmatch(r"\d+\.\d+\.\d+", found):
                raise Refused(
                    f"the version is {found!r}, and an extension's is three numbers",
                    fix="change shared/modelyard/__init__.py",
                )
            return found
    raise Refused("shared/modelyard/__init__.py has no __version__")


def build(root: Path, output: Path, *, publisher: str, command: Path) -> Built:
    """Make every package of a clone in a folder.

    :param command: tfx.
    """
    number, seconds = version(root), repository.seconds(root)
    output = output.absolute()
    built_wheel = wheel.build(root, output, seconds)
    vsix = output / f"modelyard-{number}.vsix"
    with tempfile.TemporaryDirectory() as temporary:
        stage = Path(temporary, "stage").resolve()
        task_wheel = wheel.build_for_tasks(root, Path(temporary), seconds)
        task_wheel_size = task_wheel.stat().st_size
        folders = [task_folders.write(root, stage, one, task_wheel) for one in operations.every()]
        extension.build(
            root, stage, folders, vsix,
            version=number, publisher=publisher, seconds=seconds, command=command,
        )  # fmt: skip
    bill = output / f"modelyard-{number}.cdx.json"
    commit = repository.commit(root)
    made = sbom.text(root, built_wheel, version=number, commit=commit, seconds=seconds)
    bill.write_bytes(made.encode())
    sums = output / CHECKSUMS
    lines = [
        f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n"
        for one in sorted((built_wheel, vsix, bill))
    ]
    sums.write_bytes("".join(lines).encode())
    return Built(built_wheel, vsix, bill, sums, folders, task_wheel_size)


def report(built: Built) -> str:
    """The size of each task folder and of each file."""
    lines = ["task folders, as an agent unpacks them:"]
    lines += [
        f"  {one.path.partition('/')[2]:<32} {one.files:>3} files {_kib(one.size)}"
        for one in built.folders
    ]
    lines += [
        f"  of each, {_kib(built.task_wheel).strip()} are the wheel, which lacks the local cloud",
        "packages:",
    ]
    lines += [
        f"  {_shown(one):<42} {_kib(one.stat().st_size)}"
        for one in (*built.packages, built.checksums)
    ]
    return "\n".join(lines)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _kib(size: int) -> str:
    return f"{size / 1024:>9.1f} KiB"


def options(parser: argparse.ArgumentParser) -> None:
    """The options of every program that builds packages."""
    parser.add_argument(
        "--publisher",
        default=os.environ.get(VARIABLE) or PUBLISHER,
        help=f"Publisher of the extension. Default: {VARIABLE}, else {PUBLISHER}.",
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", help="Folder to write to. Default: dist."
    )
    parser.add_argument(
        "--tfx", type=Path, help=f"The command tfx. Default: {tfx.INSTALLED}, else PATH."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m release.package", description="Build the wheel and the extension."
    )
    options(parser)
    chosen = parser.parse_args(arguments)
    try:
        command = tfx.find(ROOT, chosen.tfx)
        changed = repository.changes(ROOT)
        if changed:
            print(
                f"warning: {len(changed)} files differ from commit {repository.commit(ROOT)[:12]}: "
                "nobody can build these packages again",
                file=sys.stderr,
            )
        print(report(build(ROOT, chosen.output, publisher=chosen.publisher, command=command)))
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
