"""The secrets of a whole run: what one job knows to be secret is masked in the log of any.

The agent's masker knows only the secrets of its own job, in a few forms. Here all logs lie in one
folder, which may be handed to somebody: every form that a secret can leave in is masked.
"""

from __future__ import annotations

import threading

from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.masking import forms


class RunMasker(SecretMasker):
    """One for all jobs, which add to it side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def add(self, value: str) -> None:
        with self._lock:
            is_form = value in self._values  # of a secret that is known: its own forms need none
            super().add(value)
            if not is_form:
                self._values |= frozenset(forms(value))

    def add_job_secret(self, value: str) -> None:
        with self._lock:
            self.add(value)
            super().add_job_secret(value)
