"""A workflow as one YAML, with the jobs of all that it calls in place of the calls.

It is there to be read: GitHub has no workflow whose jobs have such ids. What the file of a called
workflow says of all its jobs (``env``, ``defaults``, ``permissions``) is with each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelyard.local.runner.pipeline import nodes
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.workflows.leaves import SEPARATOR, Leaf, shown
from modelyard.local.workflows.model import Workflow
from modelyard.local.workflows.node_text import text_of

_OF_ALL = ("permissions", "env", "defaults")


def expanded(workflow: Workflow, found: Sequence[Leaf]) -> str:
    """
    :param found: its jobs, and those of what it calls.
    """
    root = workflow.source.root
    jobs: list[tuple[Scalar, Node]] = [
        (Scalar(one.shown, one.job.place), _job(one)) for one in found
    ]
    entries: list[tuple[Scalar, Node]] = [
        (key, Mapping(jobs, value.place) if key.text == "jobs" else value) for key, value in root
    ]
    return text_of(Mapping(entries, root.place), blocks=True)


def _job(leaf: Leaf) -> Mapping:
    node = leaf.job.node
    assert node is not None
    place = node.place
    entries = [(key, value) for key, value in node if key.text != "needs"]
    if leaf.after:
        after = [Scalar(shown(key.split(SEPARATOR)), place) for key in leaf.after]
        entries.insert(0, (Scalar("needs", place), nodes.Sequence([*after], place)))
    if leaf.calls:
        own = dict(_called(leaf))
        return Mapping([*own.values(), *(one for one in entries if one[0].text not in own)], place)
    return Mapping(entries, place)


def _called(leaf: Leaf) -> Iterator[tuple[str, tuple[Scalar, Node]]]:
    """What the file of a called workflow says, unless the job says it."""
    last = leaf.calls[-1].workflow
    assert last is not None
    assert leaf.job.node is not None
    for key, value in last.source.root:
        if key.text not in _OF_ALL:
            continue
        own = leaf.job.node.get(key.text)
        if isinstance(own, Mapping) and isinstance(value, Mapping) and key.text == "env":
            names = {name.text for name, _ in own}
            kept = [one for one in value if one[0].text not in names]
            yield key.text, (key, Mapping([*kept, *own], own.place))
        else:
            yield key.text, (key, own or value)
