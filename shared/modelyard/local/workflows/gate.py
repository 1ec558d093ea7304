"""What jobs ask at their beginning, over a socket in a private folder: whether they are approved,
and what they may ask for identity tokens with."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.errors import ModelyardError
from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.questions import Answer, Approvals, Question, to_approve
from modelyard.local.workflows import job_names
from modelyard.local.workflows.leaves import SEPARATOR, Leaf
from modelyard.runner_errors import PipelineError

Asked = Callable[[tuple[str, ...], Question], None]
"""Told of a question that a person is asked: the ids on the way to the job, the question."""
Identify = Callable[[tuple[str, ...], str], Mapping[str, str]]
"""What a job may ask for identity tokens with, as variables: from the ids on the way to it and the
environment that it deploys to. None where it has no permission."""
_LONGEST = 1 << 16


class Gate:
    """Answers for as long as it is open."""

    def __init__(
        self,
        path: Path,
        approvals: Approvals,
        asking: frozenset[str],
        cancellation: RunCancellation,
        asked: Asked,
        identify: Identify,
        leaves: Sequence[Leaf],
    ) -> None:
        """
        :param path: of the socket.
        :param asking: the environments that ask for an approval, in lower case.
        :raises PipelineError: when there can be no socket at this path.
        """
        self._approvals, self._asking = approvals, asking
        self._cancellation, self._asked, self._identify = cancellation, asked, identify
        self._leaves = {one.ids: one.job for one in leaves}
        self._closed = threading.Event()
        gate = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline(_LONGEST)
                if line:
                    self.wfile.write(json.dumps(gate.answer(json.loads(line))).encode())

        try:
            self._server = _Server(str(path), Handler)
        except OSError as error:
            raise PipelineError(
                f"the socket {path} can't be made: {error}",
                fix="set TMPDIR to a folder with a shorter name",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))
        self._thread.start()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Whether a job may begin, why, and the variables that it gets."""
        environment = str(asked.get("environment") or "").strip()
        ids = tuple(one.id for one in job_names.read(str(asked.get("job") or "")))
        answer = self._approval(ids, environment)
        variables: Mapping[str, str] = {}
        if answer.approved:
            try:
                variables = self._identify(ids, environment)
            except ModelyardError as error:
                answer = Answer(False, str(error))
        return {"approved": answer.approved, "why": answer.why, "variables": dict(variables)}

    def _approval(self, ids: tuple[str, ...], environment: str) -> Answer:
        if environment.lower() not in self._asking:
            return Answer(True, "")
        job = self._leaves.get(ids)
        jobs = {job.title: [step.title for step in job.steps]} if job is not None else {}
        what = to_approve(SEPARATOR.join(ids), environment, jobs=jobs)
        question = Question((), (environment,), f"{environment} waits for your approval", what)
        known = self._approvals.known(question)
        if known is not None:
            return known
        self._asked(ids, question)
        return self._approvals.ask(question, self._is_over)

    def _is_over(self) -> bool:
        return self._closed.is_set() or self._cancellation.is_set()

    def close(self) -> None:
        """Ask nobody any longer."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may be gone: the job was cancelled."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
