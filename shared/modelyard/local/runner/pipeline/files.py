"""The files of a pipeline: the repositories they lie in, and the limits on them.

A template's path counts from the file that names it, or with ``/`` from the root of that file's
repository; with ``@alias`` from the root of another one, ``@self`` being the pipeline's own. An
alias of the repository that the file itself is in changes nothing. What stands in a parameter's
value counts from the template that the value is given to, and with an alias from the root.

Source: learn.microsoft.com, ``pipelines/process/templates`` ("Reference template paths", "Use other
repositories", "Imposed limits"); the service's answers in PGielniak/azdo-pipeline-emulator at
c13a24e4, ``research/experiments/E03-references`` (self-alias-relative-nested, cross-rel-self), in
microsoft/vscode-java-pack, pull request 1711, and MicrosoftDocs/azure-devops-docs, issue 8106; for
an alias in a parameter, the pipelines of microsoft/terminal.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.runner.pipeline.nodes import Mapping
from modelyard.local.runner.pipeline.plan import Place
from modelyard.local.runner.pipeline.problems import Problems, Stop
from modelyard.local.runner.pipeline.resource_declarations import aliases
from modelyard.local.runner.pipeline.source_file import mapping_of
from modelyard.reading import nearest

FILES = 100
"""Files that may be included, beside the pipeline's own."""
LEVELS = 20
"""Templates within templates."""
SIZE = 10 * 1024 * 1024
"""Bytes of all that is read and expanded, counted as nodes are (:data:`.nodes.OVERHEAD`)."""
SELF = "self"


@dataclass(frozen=True)
class Source:
    """A file that was read."""

    name: str
    """As places show it: ``path`` or ``path@alias``."""
    alias: str
    path: str
    """From the root of its repository."""
    root: Mapping


class Files:
    """Reads each file once."""

    def __init__(self, root: Path, repositories: MappingOf[str, Path], problems: Problems) -> None:
        self.folders = {SELF: root, **{name.lower(): one for name, one in repositories.items()}}
        self.declared: dict[str, str] = {SELF: SELF}
        """Aliases that the pipeline's resources declare, by their lower case."""
        self.problems = problems
        self.sources: dict[str, Source | None] = {}
        self.spent = 0
        self.over = False
        """A limit is broken: that was said once, and nothing more is read or expanded."""

    def main(self, path: Path) -> Source:
        """The pipeline's own file.

        :raises Stop: when it can't be read.
        """
        relative = path.resolve().relative_to(self.folders[SELF].resolve()).as_posix()
        source = self._read(SELF, relative, Place(relative, 1, 1))
        if source is None:
            raise Stop(relative)
        return source

    def declare(self, root: Mapping) -> None:
        """Note the aliases that the resources of a pipeline, or of what it extends, declare."""
        for alias in aliases(root.get("resources")):
            self.declared.setdefault(alias.lower(), alias)

    def template(self, reference: str, place: Place, including: str) -> Source:
        """The file that a ``template:`` names.

        :param place: where it is named.
        :param including: the file that includes it: another one where a parameter's value names it.
        :raises Stop: when there is no such file or it can't be read.
        """
        if "$(" in reference or "$[" in reference:
            message = f"{reference}: templates are read before the run knows any runtime variable"
            raise self.problems.stop(place, message)
        alias, path = self._locate(reference.strip().replace("\\", "/"), place, including)
        name = path if alias == SELF else f"{path}@{alias}"
        if name not in self.sources:
            self._count(place)
            self.sources[name] = self._read(alias, path, place)
        source = self.sources[name]
        if source is None:
            raise Stop(name)
        return source

    def spend(self, size: int, place: Place) -> None:
        """Count what was made.

        :raises Stop: over the limit.
        """
        self.spent += size
        if self.spent > SIZE:
            self._exceeded(place, f"the pipeline takes more than {SIZE >> 20} MB when expanded")

    def _locate(self, reference: str, place: Place, including: str) -> tuple[str, str]:
        """The repository and path of a template."""
        path, at, alias = reference.rpartition("@")
        file = self._read_already(including)
        if not at:
            path, alias = reference, file.alias
        else:
            alias = self._alias(alias, place)
        from_parameter = place.file != including
        base = ""
        if alias.lower() == file.alias.lower() and not (at and from_parameter):
            base = posixpath.dirname(file.path)
        found = self._path(base, path, place)
        if from_parameter and not at and not (self.folders[alias.lower()] / found).is_file():
            return self._beside(path, found, place, file) or (alias, found)
        return alias, found

    def _beside(
        self, path: str, missing: str, place: Place, including: Source
    ) -> tuple[str, str] | None:
        """What a path in a parameter's value names from where it is written: some pipelines count
        on that, though others were refused by the service for it."""
        file = self._read_already(place.file)
        found = self._path(posixpath.dirname(file.path), path, place)
        if not (self.folders[file.alias.lower()] / found).is_file():
            return None
        message = (
            f"{path} counts from {including.name}, which gets it, and {missing} isn't there: "
            f"the file beside {file.name} is taken. Write /{found}@{file.alias}"
        )
        self.problems.warn(place, message)
        return file.alias, found

    def _read_already(self, name: str) -> Source:
        """A file that is being expanded."""
        found = self.sources[name]
        assert found is not None
        return found

    def _path(self, base: str, path: str, place: Place) -> str:
        """From the root of a repository."""
        base = "" if path.startswith("/") else base
        found = posixpath.normpath(posixpath.join(base, path.lstrip("/")))
        if found == ".." or found.startswith("../"):
            raise self.problems.stop(place, f"{path} lies outside the repository")
        if found == ".":
            raise self.problems.stop(place, "template names no file")
        return found

    def _alias(self, alias: str, place: Place) -> str:
        lower = alias.lower()
        if lower not in self.declared:
            message = f"resources.repositories declares no repository {alias}"
            raise self.problems.stop(place, message + nearest(alias, self.declared.values()))
        name = self.declared[lower]
        if lower not in self.folders:
            message = f"where the repository {name} lies on this machine isn't known"
            raise self.problems.stop(place, f"{message}: give --repository {name}=path")
        return name

    def _count(self, place: Place) -> None:
        if len(self.sources) > FILES:
            self._exceeded(place, f"more than {FILES} files are included")

    def _exceeded(self, place: Place, message: str) -> None:
        if not self.over:
            self.over = True
            self.problems.add(place, message)
        raise Overflow(message)

    def _read(self, alias: str, path: str, place: Place) -> Source | None:
        folder = self.folders[alias.lower()]
        name = path if alias == SELF else f"{path}@{alias}"
        node = mapping_of(
            folder, path, name, place, self.problems, most=SIZE, what="a pipeline or template"
        )
        if node is None:
            return None
        self.spend(node.size, place)
        source = Source(name, alias, path, node)
        self.sources[name] = source
        return source


class Overflow(Exception):
    """A limit is broken; the whole planning ends. The problem is noted."""
