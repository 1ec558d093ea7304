"""Import, export, list and delete in the workspace, with the service's errors."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.storage import normal
from modelyard.local.cloud.databricks.workspace import formats
from modelyard.local.cloud.databricks.workspace.records import Object, Objects
from modelyard.local.cloud.tokens import OWNER

SIZE_LIMIT = 10 * 1024 * 1024
ROOTS = ("/", "/Shared", "/Users", f"/Users/{OWNER}", "/Repos")
IMPORT_FORMATS = ("SOURCE", "JUPYTER", "HTML", "AUTO", "RAW")
EXPORT_FORMATS = ("SOURCE", "JUPYTER", "HTML", "AUTO", "RAW")


@dataclass(frozen=True)
class Export:
    content: bytes
    file_type: str
    """An extension without the dot: ``py``, ``ipynb``."""


class Workspace:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def create_roots(self) -> None:
        for path in ROOTS:
            self._objects.add_folder(path)

    def get(self, path: str) -> Object:
        """Raises RESOURCE_DOES_NOT_EXIST."""
        path = workspace_path(path)
        document = self._objects.find(path)
        if document is None:
            raise exceptions.does_not_exist(f"Path ({path}) doesn't exist.")
        return document

    def list(self, path: str) -> tuple[Object, ...]:
        """What a folder holds; an object that isn't one holds itself."""
        document = self.get(path)
        if document["object_type"] != "DIRECTORY":
            return (document,)
        return tuple(self._objects.children(document["path"]))

    def make_folder(self, path: str) -> None:
        """With its parents. Raises RESOURCE_ALREADY_EXISTS where something else is in the way."""
        path = workspace_path(path)
        with self._objects.lock:
            parts = path.strip("/").split("/")
            for count in range(1, len(parts) + 1):
                above = "/" + "/".join(parts[:count])
                document = self._objects.find(above)
                if document is not None and document["object_type"] != "DIRECTORY":
                    raise exceptions.already_exists(
                        f"Path ({above}) already exists and is not a folder."
                    )
            self._objects.add_folder(path)

    def import_object(
        self, path: str, content: bytes, form: str, language: str | None, overwrite: bool
    ) -> Object:
        """``form`` is the format: SOURCE, JUPYTER, HTML, AUTO or RAW."""
        path = workspace_path(path)
        if form not in IMPORT_FORMATS:
            raise exceptions.invalid_parameter(
                f"Format {form} can't be imported here. Use one of {', '.join(IMPORT_FORMATS)}."
            )
        if len(content) > SIZE_LIMIT:
            raise exceptions.ApiError(
                400,
                "MAX_NOTEBOOK_SIZE_EXCEEDED",
                f"File size imported is ({len(content)} bytes), exceeded max size "
                f"({SIZE_LIMIT} bytes)",
            )
        if form == "AUTO":
            path, form, language = _detected(path, content, language)
        if form == "RAW":
            return self.put_file(path, content, overwrite)
        text, language = _notebook(path, content, form, language)
        with self._objects.lock:
            self._make_room(path, "NOTEBOOK", overwrite)
            return self._objects.put_notebook(path, text, language)

    def put_file(self, path: str, content: bytes, overwrite: bool) -> Object:
        path = workspace_path(path)
        with self._objects.lock:
            self._make_room(path, "FILE", overwrite)
            return self._objects.put_file(path, content)

    def export(self, path: str, form: str) -> Export:
        document = self.get(path)
        if form not in EXPORT_FORMATS:
            raise exceptions.invalid_parameter(
                f"Format {form} can't be exported here. Use one of {', '.join(EXPORT_FORMATS)}."
            )
        if document["object_type"] == "DIRECTORY":
            raise exceptions.invalid_parameter(
                f"{document['path']} is a folder. Export the objects in it one by one."
            )
        content = self._objects.content(document)
        name = document["path"].rpartition("/")[2]
        if document["object_type"] == "FILE":
            if form in ("JUPYTER", "HTML"):
                raise exceptions.invalid_parameter(
                    f"{document['path']} is a file, not a notebook: it has no {form} format."
                )
            return Export(content, name.rpartition(".")[2] if "." in name else "")
        text, language = content.decode(), document["language"]
        if form == "JUPYTER":
            return Export(formats.to_jupyter(text, language, document["path"]).encode(), "ipynb")
        if form == "HTML":
            return Export(formats.to_html(text, language, document["path"]).encode(), "html")
        source = formats.to_source(text, language, document["path"])
        return Export(source.encode(), formats.EXTENSIONS[language])

    def delete(self, path: str, recursive: bool) -> None:
        document = self.get(path)
        path = document["path"]
        if path in ROOTS:
            raise exceptions.invalid_parameter(f"Folder ({path}) is protected")
        if (
            document["object_type"] == "DIRECTORY"
            and not recursive
            and self._objects.children(path)
        ):
            raise exceptions.ApiError(400, "DIRECTORY_NOT_EMPTY", f"Folder ({path}) is not empty")
        self._objects.remove(path)

    def reset(self) -> None:
        self._objects.reset()

    def _make_room(self, path: str, object_type: str, overwrite: bool) -> None:
        """Check that an object of this type may be put at a path."""
        parent = path.rpartition("/")[0] or "/"
        above = self._objects.find(parent)
        if above is None or above["object_type"] != "DIRECTORY":
            raise exceptions.does_not_exist(f"The parent folder ({parent}) does not exist.")
        there = self._objects.find(path)
        if there is None:
            return
        if not overwrite:
            raise exceptions.already_exists(f"Path ({path}) already exists.")
        if there["object_type"] != object_type:
            raise exceptions.already_exists(
                f"Path ({path}) already exists with another type: it is a {there['object_type']}, "
                f"not a {object_type}. Delete it first."
            )


def workspace_path(path: str) -> str:
    """``/Workspace/Shared/x/`` -> ``/Shared/x``."""
    name = normal(path)
    if name == "/Workspace":
        return "/"
    return name.removeprefix("/Workspace") if name.startswith("/Workspace/") else name


def _detected(path: str, content: bytes, language: str | None) -> tuple[str, str, str | None]:
    """Path, format and language of an AUTO import. A notebook loses its extension."""
    stem, _, extension = path.rpartition(".")
    if extension == "ipynb" and stem:
        return stem, "JUPYTER", language
    if extension.lower() in formats.LANGUAGES and stem:
        found = formats.header_language(content.decode("utf-8", "replace"), extension)
        if found is not None:
            return stem, "SOURCE", found
    return path, "RAW", None


def _notebook(path: str, content: bytes, form: str, language: str | None) -> tuple[str, str]:
    """What is kept of an imported notebook, and its language."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise exceptions.invalid_parameter(
            f"The notebook {path} could not be imported: it isn't UTF-8: {error}"
        ) from None
    if form == "JUPYTER":
        return text, formats.jupyter_language(text, path)
    if form == "HTML":
        return formats.from_html(text)
    language = language or formats.header_language(text)
    if language is None:
        raise exceptions.missing_field("language")
    if language not in formats.EXTENSIONS:
        raise exceptions.invalid_parameter(
            f"Unknown language {language}. Use one of {', '.join(formats.EXTENSIONS)}."
        )
    return text, language
