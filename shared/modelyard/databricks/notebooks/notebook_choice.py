"""Which files become which notebooks: chosen and checked before anything is sent."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.databricks.files import workspace_tree
from modelyard.databricks.files.entries import NOTEBOOK, Entry
from modelyard.databricks.files.local_files import LocalFile, find
from modelyard.databricks.files.patterns import fits, selected
from modelyard.databricks.files.remote_tree import folders_of
from modelyard.databricks.notebooks.notebook_formats import (
    FORMATS,
    PLAIN_FILE,
    Format,
    check_content,
    extension,
    has_header,
)
from modelyard.entries import FILE, FOLDER
from modelyard.errors import FileError
from modelyard.names import joined, size_text

EVERY_NOTEBOOK = tuple(f"*{end}" for end in FORMATS)


@dataclass(frozen=True)
class Notebook:
    """A file that becomes a notebook (or, if it is plain Python, a workspace file)."""

    file: LocalFile
    name: str
    """From the target folder; a notebook has no extension there."""
    format: Format

    @property
    def kind(self) -> str:
        """What it is in the workspace."""
        return FILE if self.format == PLAIN_FILE else NOTEBOOK


@dataclass(frozen=True)
class Choice:
    """What the user asked for: patterns as in ``patterns``."""

    include: tuple[str, ...] = ()
    """None: every extension that is a notebook's."""
    exclude: tuple[str, ...] = ()
    plain_files: bool = False
    """Python files without a notebook's first line become workspace files."""

    def could_have_been(self, name: str, entry: Entry) -> bool:
        """Whether some file of the source could have become this thing in the workspace.

        A notebook has lost its extension there, so each that it may have had is tried.
        """
        if entry.kind == FOLDER:
            return selected(name, (), self.exclude)
        if entry.kind == NOTEBOOK:
            names = [name + end for end in self._ends(entry.language)]
        elif entry.kind == FILE and self.plain_files and extension(name) == ".py":
            names = [name]
        else:
            return False
        # "*.ipynb" in exclude speaks of files, not of every notebook that was one once.
        keeping = [one for one in self.exclude if one.lower() not in EVERY_NOTEBOOK]
        if any(fits(one, keeping) for one in (name, *names)):
            return False
        return any(selected(one, self.include or EVERY_NOTEBOOK, self.exclude) for one in names)

    def _ends(self, language: str) -> list[str]:
        ends = [end for end, kind in FORMATS.items() if kind.language == language]
        if language == "PYTHON":
            ends.append(".ipynb")  # Jupyter notebooks count as Python, whatever their cells are
        # Any notebook may have come from HTML; that is believed only of those who ask for it.
        return ends + ([".html"] if self.include else [])


def choose(source: str, choice: Choice) -> list[Notebook]:
    """The notebooks of a folder, or the one that ``source`` is, all checked.

    :raises FileError: for a missing source, a file that is no notebook or is too large, or two
        files that would become one notebook.
    """
    found = find(source, choice.include or EVERY_NOTEBOOK, choice.exclude)
    strange = [file.name for file in found if extension(file.name) not in FORMATS]
    if strange:
        raise FileError(
            f"no notebook has this extension: {joined(strange)}; "
            f"{', '.join(FORMATS)} are notebooks",
            fix="name other patterns in include, or send other files with files-upload",
        )
    large = [f"{file.name} ({size_text(file.size)})" for file in found if _too_large(file)]
    if large:
        raise FileError(
            f"larger than the {size_text(workspace_tree.LIMIT)} that the workspace imports: "
            f"{joined(large)}",
            fix="clear the outputs of the notebook, split it, or add it to exclude",
        )
    notebooks = [_notebook(file, choice.plain_files) for file in found]
    _check_names(notebooks)
    return notebooks


def content_hash(notebooks: Sequence[Notebook]) -> str:
    """SHA-1 of the content: 40 hexadecimal digits.

    Of one notebook that of its bytes; of several one for all of them and their names, so that a
    ``%run ./other`` still finds its neighbour.
    """
    if len(notebooks) == 1 and "/" not in notebooks[0].name:
        return hashlib.sha1(notebooks[0].file.read(), usedforsecurity=False).hexdigest()
    digest = hashlib.sha1(usedforsecurity=False)
    for notebook in notebooks:
        content = notebook.file.read()
        digest.update(f"{notebook.file.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _too_large(file: LocalFile) -> bool:
    return file.size > workspace_tree.LIMIT


def _notebook(file: LocalFile, plain_files: bool) -> Notebook:
    content = file.read()
    check_content(file, content)
    end = extension(file.name)
    if plain_files and end == ".py" and not has_header(content):
        return Notebook(file, file.name, PLAIN_FILE)
    return Notebook(file, file.name[: -len(end)], FORMATS[end])


def _check_names(notebooks: Sequence[Notebook]) -> None:
    files = defaultdict(list)
    for notebook in notebooks:
        files[notebook.name].append(notebook.file.name)
    folders = folders_of(files)
    problems = [
        f"{joined(names)} would all become the notebook {name}"
        for name, names in sorted(files.items())
        if len(names) > 1
    ] + [
        f"{names[0]} would become the notebook {name}, which is the name of a folder too"
        for name, names in sorted(files.items())
        if name in folders
    ]
    if problems:
        raise FileError(
            "\n".join(problems), fix="rename one of them, or leave one out with exclude"
        )
