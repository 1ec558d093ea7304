"""The logging commands that hand files over: attachments, summaries, artifacts.

Source: the agent's ``TaskCommandExtension.cs``, ``BuildCommandExtension.cs`` and
``ArtifactCommandExtension.cs``.
"""

from __future__ import annotations

from pathlib import Path

from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.step_report import StepReport, Upload
from modelyard.local.runner.variable_commands import Refused, required


class UploadCommands:
    """Those of one step."""

    def __init__(self, report: StepReport) -> None:
        self._report = report

    def add_attachment(self, command: Command) -> None:
        """``task.addattachment``."""
        self._add(required(command, "type"), required(command, "name"), command.data)

    def upload_summary(self, command: Command) -> None:
        """``task.uploadsummary``, ``build.uploadsummary``."""
        self._add("summary", Path(command.data).name, command.data)

    def upload_file(self, command: Command) -> None:
        """``task.uploadfile``, ``build.uploadlog``."""
        self._add("file", Path(command.data).name, command.data)

    def upload_artifact(self, command: Command) -> None:
        """``artifact.upload``: a file or a folder."""
        path = Path(command.data)
        name = required(command, "artifactname")
        if not command.data or not path.exists():
            raise Refused(f"the path {command.data} of the artifact {name} doesn't exist")
        self._report.uploads.append(Upload("artifact", name, path))

    def _add(self, kind: str, name: str, path: str) -> None:
        if not path or not Path(path).is_file():
            what = "is no file" if path and Path(path).exists() else "doesn't exist"
            raise Refused(f"what the command uploads, {path or 'without a path'}, {what}")
        self._report.uploads.append(Upload(kind, name, Path(path)))
