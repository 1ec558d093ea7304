"""One step of a job, from what act says of it: its lines, its issues, how it ended."""

from __future__ import annotations

import re

from modelyard.local.runner.engine.events import Ended, Line, RunPath, Started
from modelyard.local.runner.job import Result
from modelyard.local.runner.step_report import Issue, StepReport
from modelyard.local.workflows.act.event import ActEvent
from modelyard.local.workflows.telling import Telling

BEGINNING = "##[section]Starting: "
"""A step's log begins with it, as a pipeline's does: without a terminal it names the step."""
_CANCELLED = "this step has been cancelled"
_EXIT = re.compile(r"exit(?:code| status) '?(\d+)")
_NOT_FETCHED = re.compile(r'failed to fetch "https://github\.com/([^/"]+/[^/"]+)"')
_PLACE = {"file": "sourcepath", "line": "linenumber", "col": "columnnumber"}


class StepLog:
    """Takes the events of one step, or of the release part of one."""

    def __init__(self, path: RunPath, title: str, tell: Telling, *, named: bool = False) -> None:
        """
        :param named: its title is from the workflow: act says it with the expressions resolved.
        """
        self.path, self.title = path, tell.masker.mask(title)
        self.started = False
        self.not_fetched = False
        """Its action isn't there, which act finds before the first step of the job."""
        self.result: Result | None = None
        self._tell, self._named = tell, named
        self._forgiven = False
        self._report = StepReport(tell.masker, self._write)
        self._note = ""

    def start(self, title: str = "") -> None:
        """It has begun, if it hadn't.

        :param title: as act says it.
        """
        if self.started:
            return
        self.started = True
        if title and self._named:
            self.title = self._tell.masker.mask(" ".join(title.split()))
        self._tell(Started(self.path, self.title, self._tell.clock.time()))
        self._tell(Line(self.path, f"{BEGINNING}{self.title}"))

    def take(self, event: ActEvent) -> None:
        """Something that it printed, or asked for by a workflow command."""
        if event.printed:
            self._report.show(event.message.rstrip("\n"))
        elif event.command in ("error", "warning"):
            given = event.properties.items()
            places = {_PLACE[key]: value for key, value in given if key in _PLACE}
            self._report.add_issue(Issue(event.command, event.argument, places))
        elif event.command in ("group", "endgroup", "debug"):
            self._report.show(f"##[{event.command}]{event.argument}")
        elif event.command == "notice":
            self._report.show(event.argument)
            self._note = self._tell.masker.mask(event.argument.partition("\n")[0])
        elif event.command == "set-output" and event.of_whole_step:
            self._tell.collected.outputs.setdefault(self.path, {})[event.name] = event.argument
        elif event.command == "summary":
            text = self._tell.masker.mask(event.content)
            self._tell.collected.summaries.append((self.path, text))
        self._forgiven |= event.forgives

    def fail(self, message: str) -> bool:
        """It has an error; whether that is how it ended.

        :param message: act's own words on why.
        """
        if message.startswith(_CANCELLED):
            self.result, self._note = Result.CANCELED, "the run was cancelled"
            return False
        found = _EXIT.search(message)
        text = f"Process completed with exit code {found[1]}." if found else message
        if missing := _NOT_FETCHED.search(message):
            self.not_fetched = True
            text += (
                f"\nAn action that isn't on this machine is fetched from GitHub. "
                f"Where it lies here: --repository {missing[1]}=PATH"
            )
        if any(one.kind == "error" for one in self._report.issues):
            self._report.show(f"##[error]{text}")
        else:
            self._report.add_issue(Issue("error", text))
        if self.result is not None:
            return False
        self.result = Result.FAILED
        return True

    def finish(self) -> None:
        """Nothing more is said of it."""
        result = self.result if self.result is not None else Result.CANCELED
        if result is Result.FAILED and self._forgiven:
            result = Result.SUCCEEDED_WITH_ISSUES
        self.result = result
        now = self._tell.clock.time()
        self._tell(Ended(self.path, result, now, self._note, tuple(self._report.issues)))

    def _write(self, text: str) -> None:
        """To its log, masked already."""
        self.start()
        for number, line in enumerate(text.split("\n")):
            self._tell(Line(self.path, line, continues=number > 0))
