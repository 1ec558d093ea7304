"""One YAML file of a repository that lies on this machine."""

from __future__ import annotations

from pathlib import Path

from modelyard.local.runner.pipeline import reader
from modelyard.local.runner.pipeline.nodes import Mapping, kind_of
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.runner.pipeline.problems import Problems
from modelyard.reading import nearest_path


def mapping_of(
    folder: Path,
    path: str,
    name: str,
    place: Place,
    problems: Problems,
    *,
    most: int,
    what: str,
    anchors: bool = False,
) -> Mapping | None:
    """The mapping that the file is; None where it is none, which is among the problems then.

    :param folder: of the repository; a path, or a link, that leads out of it is refused.
    :param name: of the file, for messages.
    :param place: what names the file.
    :param most: bytes.
    :param what: such a file is, for messages: ``a pipeline or template``.
    :param anchors: whether it may have anchors and aliases.
    """
    full = folder / path
    try:
        if not full.resolve().is_relative_to(folder.resolve()):
            problems.add(place, f"{name} lies outside the repository")
            return None
        if full.stat().st_size > most:
            problems.add(place, f"{name} has more than {most >> 20} MB")
            return None
        data = full.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:  # the last: links in a circle
        reason = getattr(error, "strerror", None) or error
        near = nearest_path(full)
        problems.add(place, f"{name} can't be read ({reason}), looked for as {full}{near}")
        return None
    before = len(problems.found)
    node = reader.read(data, name, problems, anchors=anchors)
    if len(problems.found) > before:
        return None
    if not isinstance(node, Mapping):
        found = "the file is empty" if node is None else f"here is {kind_of(node)}"
        at = node.place if node else Place(name, 1, 1)
        problems.add(at, f"{found}; {what} is a mapping of keywords")
        return None
    return node
