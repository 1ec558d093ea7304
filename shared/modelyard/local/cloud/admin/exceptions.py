"""Errors of the cloud's own interface."""

from __future__ import annotations


class AdminError(Exception):
    """An error answer; the message says what was wrong with the request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
