"""Settings of a job that only a run can know: they are expressions, or have macros in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelyard.local.runner.engine.job_variables import VariableScopes
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.step_settings import number, truth
from modelyard.local.runner.engine.value_expansion import filled
from modelyard.local.runner.pipeline.plan import Number, Truth
from modelyard.local.runner.variables import Variables


@dataclass(frozen=True)
class LateSettings:
    """Reads them, with the variables that a job has before its first step."""

    run: RunState
    scopes: VariableScopes

    def variables(self) -> Variables:
        return filled([*self.run.facts, *self.scopes.variables()], self.run.masker)

    def number(self, value: Number) -> int:
        """
        :raises TaskError: when it is none.
        """
        return number(self._value(value), self.variables())

    def truth(self, value: Truth) -> bool:
        """
        :raises TaskError: when it is neither.
        """
        return truth(self._value(value), self.variables())

    def _value(self, value: Any) -> Any:
        return self.scopes.value_of(value) if isinstance(value, str) else value
