"""Why a cluster was terminated (``termination_reason``; Databricks REST reference, "Clusters")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reason:
    code: str
    type: str
    """SUCCESS, CLIENT_ERROR, SERVICE_FAULT or CLOUD_FAILURE."""
    parameters: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        parameters = {"parameters": self.parameters} if self.parameters else {}
        return {"code": self.code, "type": self.type, **parameters}

    def message(self) -> str:
        """One line for ``state_message``."""
        told = self.parameters.get("databricks_error_message")
        return f"{_TEXTS.get(self.code, self.code)}{f': {told}' if told else ''}"


_TEXTS = {
    "USER_REQUEST": "Terminated by user",
    "JOB_FINISHED": "The job that the cluster was made for has ended",
    "INACTIVITY": "Terminated because the cluster was inactive",
    "DRIVER_UNREACHABLE": "The driver can't be reached any more",
    "SPARK_STARTUP_FAILURE": "The driver could not be started",
    "CLOUD_PROVIDER_SHUTDOWN": "The local cloud was stopped",
}


def user_request(user: str) -> Reason:
    return Reason("USER_REQUEST", "SUCCESS", {"username": user})


def job_finished() -> Reason:
    return Reason("JOB_FINISHED", "SUCCESS")


def inactivity(minutes: int) -> Reason:
    return Reason("INACTIVITY", "SUCCESS", {"inactivity_duration_min": str(minutes)})


def driver_lost(exit_code: int) -> Reason:
    """``exit_code`` as of subprocess: negative for a signal."""
    how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
    text = f"the driver process ended unexpectedly ({how})"
    return Reason("DRIVER_UNREACHABLE", "SERVICE_FAULT", {"databricks_error_message": text})


def startup_failure(message: str) -> Reason:
    return Reason("SPARK_STARTUP_FAILURE", "SERVICE_FAULT", {"databricks_error_message": message})


def shutdown() -> Reason:
    return Reason("CLOUD_PROVIDER_SHUTDOWN", "CLOUD_FAILURE")
