"""The runner's planning, as the local cloud is given it for the previews of its Azure DevOps."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelyard.local.cloud.expanding import PipelineFile

if TYPE_CHECKING:
    from modelyard.local.runner.engine.tasks import Tasks


def expanded(asked: PipelineFile) -> str:
    """The expanded YAML; see :data:`modelyard.local.cloud.expanding.Expand`."""
    # Here and not above: a cloud starts without the runner, and most never make a preview.
    from modelyard.local.runner.engine import facts
    from modelyard.local.runner.pipeline import plan, render
    from modelyard.local.runner.predefined_variables import Build

    build = Build(
        project=asked.project,
        pipeline=asked.pipeline,
        repository=asked.repository,
        branch=asked.branch,
        commit=asked.commit,
    )
    found = plan(
        asked.path,
        parameters=asked.parameters,
        variables=asked.variables,
        repositories={
            alias: asked.find(kind, name, ref) for alias, kind, name, ref in _repositories(asked)
        },
        tasks=_tasks().known,
        predefined=facts.before_run(build),
        root=asked.root,
    )
    return render(found)


@functools.cache
def _tasks() -> Tasks:
    from modelyard.local.runner.engine.tasks import available

    return available()


def _repositories(asked: PipelineFile) -> Iterator[tuple[str, str, str, str]]:
    """Alias, type, name and ref of each repository that the pipeline's file declares. What is wrong
    with them is told by the planning."""
    from modelyard.local.runner.pipeline import reader
    from modelyard.local.runner.pipeline.nodes import Mapping, Scalar, Sequence
    from modelyard.local.runner.pipeline.problems import Problems

    root = reader.read(asked.path.read_bytes(), asked.path.name, Problems())
    resources = root.get("resources") if isinstance(root, Mapping) else None
    listed = resources.get("repositories") if isinstance(resources, Mapping) else None
    for one in listed.items if isinstance(listed, Sequence) else ():
        if not isinstance(one, Mapping):
            continue
        texts = [one.get(key) for key in ("repository", "type", "name", "ref")]
        alias, kind, name, ref = (
            text.text.strip() if isinstance(text, Scalar) else "" for text in texts
        )
        if alias and name:
            yield alias, kind.lower() or "git", name, ref
