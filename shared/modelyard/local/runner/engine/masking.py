"""The secrets of a whole run: what one job knows to be secret is masked in the log of any.

The agent's masker knows only the secrets of its own job. Here all logs lie in one folder.
"""

from __future__ import annotations

import threading

from modelyard.local.runner.secret_masker import SecretMasker


class RunMasker(SecretMasker):
    """One for all jobs, which add to it side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def add(self, value: str) -> None:
        with self._lock:
            super().add(value)

    def add_job_secret(self, value: str) -> None:
        with self._lock:
            super().add_job_secret(value)
