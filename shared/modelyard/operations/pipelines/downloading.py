"""A named output of a pipeline as a folder of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard import downloaded_folders, downloads
from modelyard.azureml import blobs
from modelyard.azureml.connection import Place
from modelyard.azureml.datastores.access import READ, container
from modelyard.azureml.jobs.definition import Pipeline
from modelyard.azureml.jobs.outputs import locations
from modelyard.azureml.models import DESCRIPTION
from modelyard.clock import Clock
from modelyard.entries import FILE, FOLDER, Entry
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.pipelines.pipeline_inputs import PRESENT, SUBMIT, PipelineInputs


@dataclass(frozen=True)
class BlobStore:
    """A folder of a container, as downloads read it."""

    container: str
    """Its signed address."""
    root: str
    datastore: str
    clock: Clock

    @property
    def shown(self) -> str:
        return f"{self.datastore}/{self.root}"

    def children(self, folder: str) -> list[Entry]:
        below = "/".join(part for part in (self.root, folder) if part)
        found = blobs.children(self.container, below, clock=self.clock)
        return [Entry(path, FILE if size is not None else FOLDER, size) for path, size in found]

    def read(self, file: str) -> Iterator[bytes]:
        return blobs.read(self.container, f"{self.root}/{file}", clock=self.clock)


def check_inputs(inputs: PipelineInputs, way: str) -> None:
    """:raises InputError: when an output is asked for that can't be downloaded."""
    if not (inputs.download_output or inputs.download_to):
        return
    if not (inputs.download_output and inputs.download_to):
        raise InputError(
            "download-output and download-to belong together, and one is missing",
            fix="give both, or neither",
        )
    if way != PRESENT:
        raise InputError(
            "download-output is given, and pipelines of SDK v1 have no outputs of their own",
            fix="leave it out; a step of the pipeline can register the model",
        )
    if inputs.action == SUBMIT and not inputs.wait:
        raise InputError(
            "download-output is given, and wait is off: there is nothing to download yet",
            fix="leave wait on, or download-output out",
        )


def check_output(pipeline: Pipeline, output: str, target: Path) -> None:
    """What else would show only when the pipeline has run, for hours.

    :raises InputError: when the pipeline has no such output, or it is no folder.
    :raises FileError: when the target isn't overwritten.
    """
    downloaded_folders.check(target, known_by=DESCRIPTION)
    known = pipeline.body.get("outputs") or {}
    if output not in known:
        raise InputError(
            f"download-output is {output}, which {pipeline.path} doesn't have",
            fix=f"its outputs are: {', '.join(sorted(known)) or 'none'}",
        )
    if (known[output] or {}).get("type") == "uri_file":
        raise InputError(
            f"download-output is {output}, which is one file in {pipeline.path}",
            fix="let the pipeline put the file into an output of the type uri_folder",
        )


def download(
    session: Session, api: Session, place: Place, job: str, output: str, target: Path
) -> int:
    """Download an output of a job that has ended; how many files it has.

    :raises NotFound: when it left nothing.
    :raises FileError: when the folder can't be written, or isn't overwritten.
    """
    for found in locations(session, api, place, job, output):
        signed = container(session, place, found.datastore, READ)
        store = BlobStore(signed, found.path, found.datastore, session.clock)
        if store.children(""):
            return downloads.download(store, target, known_by=DESCRIPTION)
    raise NotFound(
        f"the pipeline {job} left nothing in its output {output}",
        cause="the step that the output is bound to wrote no file there",
        fix="let it write below ${{outputs.NAME}}",
    )
