"""What can be wrong with a task before it runs."""

from __future__ import annotations


class TaskError(Exception):
    """A task's folder or a step's description can't be used; the message says why."""
