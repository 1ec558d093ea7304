"""The folders of one run on this machine: code, inputs, outputs; their way from and to blobs."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from modelyard.file_digests import sha256
from modelyard.local.cloud.aml import paths
from modelyard.local.cloud.aml.execution import artifacts
from modelyard.local.cloud.aml.execution.graph import Command, Node, input_path, output_path
from modelyard.local.cloud.aml.paths import Place
from modelyard.local.cloud.storage.models import Blobs


@dataclass(frozen=True)
class Staged:
    """A run's folder, filled."""

    folder: Path
    paths: Mapping[str, str]
    """Mark -> path, for :func:`~modelyard.local.cloud.aml.execution.graph.resolved`."""

    @property
    def code(self) -> Path:
        """Where a program starts."""
        return self.folder / "code"

    @property
    def printed(self) -> Path:
        """What a program prints, until it is in the log's blob."""
        return self.folder / "printed.log"


def stage(
    folder: Path, node: Node, inputs: Mapping[str, Place], produced: set[str], blobs: Blobs
) -> Staged:
    """Copy in what the node reads. Raises ArmError where there is nothing.

    :param inputs: where the files of each input are.
    :param produced: names of those inputs that another node made: they may be empty.
    """
    shutil.rmtree(folder, ignore_errors=True)
    staged = Staged(folder, {})
    staged.code.mkdir(parents=True)
    if isinstance(node.work, Command) and node.work.code is not None:
        paths.copy(node.work.code, blobs, staged.code)
    marks = {}
    for name, place in inputs.items():
        target = folder / "inputs" / name
        target.mkdir(parents=True)
        if name not in produced or next(paths.files(place, blobs), None) is not None:
            paths.copy(place, blobs, target)
        is_file = blobs.find(place.account, place.container, place.path) is not None
        path = target / place.path.rsplit("/", 1)[-1] if is_file else target
        marks[input_path(name)] = str(path)
    for name, output in node.outputs.items():
        path = folder / "produced" / name
        (path.parent if output.file else path).mkdir(parents=True, exist_ok=True)
        marks[output_path(name)] = str(path)
    return Staged(folder, marks)


def collect(staged: Staged, node: Node, blobs: Blobs) -> None:
    """Bring the outputs of a node that succeeded to their places."""
    for name, output in node.outputs.items():
        path = Path(staged.paths[output_path(name)])
        if path.is_file():
            artifacts.put_file(blobs, path, output.place)
        elif path.is_dir():
            artifacts.put_folder(blobs, path, output.place)


def collect_artifacts(staged: Staged, run: Place, blobs: Blobs) -> None:
    """What a program left in ``outputs/`` and ``logs/`` belongs to its run, however it ended."""
    for name in ("outputs", "logs"):
        if (staged.code / name).is_dir():
            target = Place(run.account, run.container, f"{run.path}/{name}")
            artifacts.put_folder(blobs, staged.code / name, target)


def content_key(node: Node, inputs: Mapping[str, Place], account: str, blobs: Blobs) -> str:
    """The same for two nodes that do the same with the same files. Raises ArmError."""
    work: dict[str, Any] = asdict(node.work)
    work.pop("token", None)
    if isinstance(node.work, Command):
        work["packages"] = node.work.packages.key
        work["code"] = _contents(node.work.code, blobs) if node.work.code else None
    document = {
        "account": account,
        "kind": type(node.work).__name__,
        "work": work,
        "inputs": {name: _contents(place, blobs) for name, place in inputs.items()},
        "outputs": {name: output.file for name, output in node.outputs.items()},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _contents(place: Place, blobs: Blobs) -> list[tuple[str, str]]:
    return sorted((name, sha256(path)) for name, path in paths.files(place, blobs))
