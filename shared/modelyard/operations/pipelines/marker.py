"""The marker: a small file in a datastore that holds the id of the pipeline published last."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.azureml.connection import Place
from modelyard.azureml.datastores import writing
from modelyard.azureml.datastores.access import WRITE, container
from modelyard.errors import InputError
from modelyard.http import Session
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs


@dataclass(frozen=True)
class Marker:
    """Where it is."""

    datastore: str
    path: str
    """Within the datastore."""

    def check(self, session: Session, place: Place) -> None:
        """:raises NotFound, ServiceError: when the datastore isn't one that takes files."""
        container(session, place, self.datastore, WRITE)

    def write(self, session: Session, place: Place, pipeline: str) -> None:
        """By ourselves: the SDK tells of an upload that fails in its log alone.

        :param pipeline: id of the published pipeline.
        :raises NotFound, ServiceError, Unreachable: then what was there before is there still.
        """
        writing.put(session, place, self.datastore, self.path, f"id\n{pipeline}\n".encode())


def path_of(inputs: PipelineInputs, name: str) -> str | None:
    """Its path, ``FOLDER/NAME.csv``; None when no marker is asked for.

    :param name: of the pipeline.
    :raises InputError: when a part of the path names no folder or file.
    """
    if inputs.marker_path is None:
        return None
    folder = inputs.marker_path.strip("/")
    if folder:
        _check("marker-path", inputs.marker_path, folder)
    _check("pipeline-name", name, name)
    return "/".join(filter(None, (folder, f"{name}.csv")))


def _check(name: str, value: str, path: str) -> None:
    """An address with such a part is that of another file, or of none."""
    if any(part.strip() in ("", ".", "..") or "\\" in part for part in path.split("/")):
        raise InputError(
            f"{name} is {value!r}, and the marker's path is made of it",
            cause="a part of it is empty, . or .., or has a backslash",
            fix="give names with one / between them, such as markers/wine",
        )
