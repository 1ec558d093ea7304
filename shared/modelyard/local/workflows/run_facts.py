"""What the results of a run say that its history doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from modelyard.local.runner.builtin.artifacts import Artifact
from modelyard.local.runner.engine.events import RunPath
from modelyard.local.runner.engine.run_folders import RunFolders
from modelyard.local.runner.engine.uploads import SUMMARY
from modelyard.local.runner.pipeline.plan import DEFAULT_JOB
from modelyard.local.runner.results.document import Facts
from modelyard.local.runner.results.history import History, original
from modelyard.local.runner.step_report import Upload
from modelyard.local.workflows.leaves import Leaf
from modelyard.local.workflows.request import Request
from modelyard.local.workflows.running import Done


def of(request: Request, done: Done, history: History, folders: RunFolders, signal: int) -> Facts:
    """
    :param signal: that ended the run; 0: it ended by itself.
    """
    found = request.leaves
    return Facts(
        name=request.plan.workflow.name,
        number=str(request.number),
        id=request.number,
        result=done.result,
        signal=signal,
        file=request.plan.workflow.source.path,
        source=replace(done.workspace.state, name=done.workspace.name),
        parameters=request.inputs,
        after={(one.key,): _names(one, history) for one in found},
        environments=done.collected.environments
        | {
            (one.key, DEFAULT_JOB): one.job.environment
            for one in found
            if "${{" not in one.job.environment
        },
        artifacts=[
            Artifact(one.name, one, "")
            for one in sorted(folders.artifacts.iterdir())
            if one.is_dir() and not one.name.startswith(".")
        ],
        masker=done.masker,
        uploads=_summaries(done.collected.summaries, folders.uploads),
        outputs=done.collected.outputs,
    )


def _names(leaf: Leaf, history: History) -> list[str]:
    """What a job waited for, as the history calls it: copies by name."""
    return [name for name in history.root.children if original(name) in leaf.after]


def _summaries(found: Sequence[tuple[RunPath, str]], folder: Path) -> list[tuple[RunPath, Upload]]:
    """Written, one file a step."""
    texts: dict[RunPath, str] = {}
    for path, text in found:
        texts[path] = texts.get(path, "") + text
    uploads = []
    for number, (path, text) in enumerate(texts.items(), 1):
        file = folder / f"{number:03}-summary.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        uploads.append((path, Upload(SUMMARY, file.name, file)))
    return uploads
