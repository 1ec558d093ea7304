"""Which run of which pipeline this is."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class RunIdentity:
    """Names this run of this step, so that the same attempt finds its own work again."""

    repository: str
    pipeline: str
    run: str
    attempt: str
    job: str
    step: str
    commit: str = ""
    branch: str = ""
    instance: str = ""
    """Tells jobs of one name apart: the legs of a matrix."""

    @property
    def repository_name(self) -> str:
        """The repository's own name, without where it is; empty where nothing tells."""
        path = self.repository.rstrip("/\\").removesuffix(".git")
        return re.split(r"[/\\:]", path)[-1]

    @property
    def build(self) -> str:
        """Names the build: the same in all its jobs, steps and attempts.

        Without the attempt, because agents count it for each job or stage: a job that is run
        again has to find what another job of its build left.
        """
        return f"{self.repository}/{self.pipeline}/{self.run}"

    @property
    def key(self) -> str:
        """Names the step of the attempt."""
        return f"{self.build}.{self.attempt}/{self.job}/{self.instance}/{self.step}"
