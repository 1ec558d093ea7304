"""Sessions for the moments when time matters: while a step is being cancelled, and at a submit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from modelyard.clock import Clock
from modelyard.http import Retries, Session, Timeouts

ONCE = Retries(most=0)
SHORT = Timeouts(connect=1.0, read=1.5)
SUBMIT = Timeouts(connect=10.0, read=20.0)
"""No signal gets through while a submit waits for its answer; it is repeated without harm."""


def hurried(session: Session) -> Session:
    """The same session without patience: an agent that cancels kills some seconds later.

    Nothing is repeated: who is in a hurry does something else first.
    """
    return session.adapted(retries=ONCE, timeouts=SHORT)


@contextmanager
def shielded(
    session: Session, shield: Callable[[], AbstractContextManager[None]]
) -> Iterator[Session]:
    """The same session within a shield that is down while the session pauses before a repetition.

    No signal falls between a call's effect and what is done with its answer; but a service that
    asks for two minutes of patience doesn't keep a signal waiting for so long.
    """
    with ExitStack() as stack:
        stack.enter_context(shield())
        yield session.adapted(timeouts=SUBMIT, clock=_Lowering(session.clock, shield, stack))


class _Lowering:
    """A clock on which one sleeps unshielded."""

    def __init__(
        self,
        clock: Clock,
        shield: Callable[[], AbstractContextManager[None]],
        stack: ExitStack,
    ) -> None:
        self._clock, self._shield, self._stack = clock, shield, stack
        self.time, self.monotonic = clock.time, clock.monotonic

    def sleep(self, seconds: float) -> None:
        self._stack.close()  # a signal that has come meanwhile is raised here
        self._clock.sleep(seconds)
        self._stack.enter_context(self._shield())
