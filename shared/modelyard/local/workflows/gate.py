"""Approvals: the step that waits for one asks here, over a socket in a private folder."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelyard.local.runner.engine.cancellation import RunCancellation
from modelyard.local.runner.engine.questions import Answer, Approvals, Question
from modelyard.runner_errors import PipelineError

Asked = Callable[[str, str], None]
"""Told of a question that a person is asked: the job's id, the text."""
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
    ) -> None:
        """
        :param path: of the socket.
        :param asking: the environments that ask for an approval, in lower case.
        :raises PipelineError: when there can be no socket at this path.
        """
        self._approvals, self._asking = approvals, asking
        self._cancellation, self._asked = cancellation, asked
        self._closed = threading.Event()
        gate = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                line = self.rfile.readline(_LONGEST)
                if line:
                    answer = gate.answer(json.loads(line))
                    document = {"approved": answer.approved, "why": answer.why}
                    self.wfile.write(json.dumps(document).encode())

        try:
            self._server = _Server(str(path), Handler)
        except OSError as error:
            raise PipelineError(
                f"the socket {path} can't be made: {error}",
                fix="set TMPDIR to a folder with a shorter name",
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,))
        self._thread.start()

    def answer(self, asked: dict[str, Any]) -> Answer:
        """Whether a job may begin."""
        environment = str(asked.get("environment") or "").strip()
        if environment.lower() not in self._asking:
            return Answer(True, "")
        question = Question((), (environment,), f"{environment} waits for your approval")
        known = self._approvals.known(question)
        if known is not None:
            return known
        self._asked(str(asked.get("job") or ""), question.text)
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
