"""Files that steps hand over: kept in the result folder, texts among them masked.

Source: the agent's ``TaskCommandExtension.cs`` (``uploadsummary``, ``uploadfile``,
``addattachment``) and ``ArtifactCommandExtension.cs`` (``upload``).
"""

from __future__ import annotations

import shutil
from dataclasses import replace

from modelyard.local.runner.engine.events import Line, RunPath
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.step_report import Upload

SUMMARY = "summary"
_SUMMARIES = ("summary", "distributedtask.core.summary")


def keep(run: RunState, path: RunPath, upload: Upload) -> None:
    """Copy what a step hands over, as it is when the step ends.

    :raises ArtifactError: when an artifact can't be kept.
    """
    if upload.kind == "artifact":
        run.artifacts.add(upload.name, upload.path)
        return
    kind = SUMMARY if upload.kind.lower() in _SUMMARIES else upload.kind
    if not upload.path.is_file():
        gone = run.masker.mask(str(upload.path))
        run.emit(Line(path, f"##[warning]{gone} isn't there any more"))
        return
    with run.collected.lock:
        number = len(run.collected.uploads) + 1
        target = run.uploads / f"{number:03}-{run.masker.mask(upload.path.name)}"
        run.collected.uploads.append((path, replace(upload, kind=kind, path=target)))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        text = upload.path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        shutil.copyfile(upload.path, target)
    else:
        target.write_text(run.masker.mask(text), encoding="utf-8")
