"""Inputs and outputs of a pipeline as the service takes them; files of this machine are uploaded.

Source: Azure REST reference, "Jobs", ``JobInput`` and ``JobOutput``, version 2024-10-01.
"""

from __future__ import annotations

from pathlib import Path

from modelyard.azureml import assets, content
from modelyard.azureml.connection import Place
from modelyard.azureml.datastores import writing
from modelyard.azureml.jobs.definition import DATA_TYPES, Json, as_text
from modelyard.http import Session

_REMOTE = ("azureml:", "https://", "http://", "wasbs://", "abfss://")
MODES = {
    "ro_mount": "ReadOnlyMount",
    "rw_mount": "ReadWriteMount",
    "download": "Download",
    "upload": "Upload",
    "direct": "Direct",
}
"""As YAML and as the REST reference write them."""


def job_input(session: Session, place: Place, folder: Path, value: Json, name: str) -> Json:
    """An input of the whole pipeline. Uploads what is a file or folder here."""
    if value["type"] not in DATA_TYPES:
        return {"value": as_text(value["value"]), "jobInputType": "literal"}
    found = {
        "uri": uri(session, place, folder, value, name),
        "jobInputType": value["type"],
    }
    return {**found, "mode": mode_of(str(value["mode"]))} if value.get("mode") else found


def output(about: object, key: str) -> Json:
    """An output; ``key`` is what the service calls its type there."""
    given = about if isinstance(about, dict) else {}
    found = {key: str(given.get("type", "uri_folder"))}
    if given.get("path"):
        found["uri"] = str(given["path"])
    if given.get("mode"):
        found["mode"] = mode_of(str(given["mode"]))
    return found


def mode_of(mode: str) -> str:
    """``ro_mount`` -> ``ReadOnlyMount``."""
    return MODES.get(mode, mode)


def uri(session: Session, place: Place, folder: Path, value: Json, name: str) -> str:
    """The address of data, uploaded where it is on this machine. Raises FileError, NotFound."""
    found = existing_uri(session, place, folder, value, name)
    if found:
        return found
    files = content.gather([str(folder / value["path"])], what=name)
    return writing.upload(session, place, files, files.hash())


def existing_uri(session: Session, place: Place, folder: Path, value: Json, name: str) -> str:
    """The address of what is in Azure; empty for what has to be uploaded.

    :raises FileError: when that isn't there.
    """
    path = str(value["path"])
    if path.startswith("azureml:") and not path.startswith("azureml://"):
        kind = "models" if value["type"].endswith("_model") else "data"
        return assets.look_up(session, place, kind, path, name).id
    if path.startswith(_REMOTE):
        return path
    content.gather([str(folder / path)], what=name)
    return ""
