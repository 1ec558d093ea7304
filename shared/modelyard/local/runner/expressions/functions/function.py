"""What a function is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelyard.local.runner.expressions.exceptions import ExpressionError

Lazy = Callable[[], Any]
"""An argument that isn't evaluated yet."""


@dataclass(frozen=True)
class Function:
    """A function of the language, or one that the caller adds: a status function, ``counter``."""

    name: str
    least: int
    """How many arguments it needs."""
    most: int | None
    """How many it takes; None for any number."""
    call: Callable[..., Any]
    """Takes the values of the arguments. It may raise ``BadValue``."""
    lazy: bool = False
    """Whether it takes :data:`Lazy` arguments and evaluates itself what it needs."""

    def takes(self) -> str:
        """``eq takes 2 arguments``."""
        if self.most is None:
            count = f"at least {self.least}" if self.least else "any number of"
        elif self.least == self.most:
            count = str(self.least) if self.most else "no"
        else:
            count = f"{self.least} to {self.most}"
        plural = "" if self.most == 1 or (self.most is None and self.least == 1) else "s"
        return f"{self.name} takes {count} argument{plural}"

    def check(self, count: int, offset: int) -> None:
        """:raises ExpressionError: when it doesn't take so many arguments."""
        if count < self.least or (self.most is not None and count > self.most):
            raise ExpressionError(f"{self.takes()}, not {count}", offset)
