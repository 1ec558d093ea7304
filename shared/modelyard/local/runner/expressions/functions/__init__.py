"""The functions that every expression has."""

from modelyard.local.runner.expressions.functions.function import Function, Lazy
from modelyard.local.runner.expressions.functions.logic import LOGIC
from modelyard.local.runner.expressions.functions.texts import TEXTS

BUILT_IN = {function.name.lower(): function for function in (*LOGIC, *TEXTS)}
"""By name in lower case."""

ELSEWHERE = {
    "always": "conditions",
    "canceled": "conditions",
    "failed": "conditions",
    "succeeded": "conditions",
    "succeededorfailed": "conditions",
    "counter": "variables, as $[counter(prefix, seed)]",
}
"""Where the functions belong that the caller adds, for a message."""

__all__ = ["BUILT_IN", "ELSEWHERE", "Function", "Lazy"]
