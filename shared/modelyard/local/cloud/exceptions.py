"""What can go wrong with a local cloud itself: kinds of one error, each with its cause and fix."""

from __future__ import annotations

from pathlib import Path

from modelyard.runner_errors import LocalCloudError

_ANOTHER_FOLDER = "choose another folder with --state or MODELYARD_LOCAL_STATE"


class CorruptState(LocalCloudError):
    """A file of the state folder can't be understood."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged",
            cause="something else has written it, or the disk was full",
            fix=f"delete the state folder {path.parent} and start again: it holds only what this "
            "local cloud made",
        )


class StateNotWritable(LocalCloudError):
    """The state folder can't be made or written."""

    def __init__(self, folder: Path, reason: OSError) -> None:
        super().__init__(
            f"the state folder {folder} can't be used",
            cause=str(reason.strerror),
            fix=_ANOTHER_FOLDER,
        )


class NotAStateFolder(LocalCloudError):
    """The folder holds something else, which must not be touched."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is not empty and not the state folder of a local cloud",
            cause="it holds files of something else",
            fix=_ANOTHER_FOLDER,
        )


class PortInUse(LocalCloudError):
    """Another program listens on the port, or the system reserves it."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1 can't be used",
            cause="another program has it, or it is reserved",
            fix="choose another with --port, or leave --port out for a free one",
        )


class AlreadyRunning(LocalCloudError):
    """Two clouds can't share a state folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"a local cloud already uses the state folder {folder}",
            cause="it was started before and runs until it is stopped",
            fix="use it, stop it with modelyard local down, or choose another folder with --state",
        )


class NotRunning(LocalCloudError):
    """A command needs a running cloud."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"no local cloud runs in the state folder {folder}",
            cause="it was not started, or in another folder (--state), or it has ended",
            fix="modelyard local up --detach",
        )


class StartFailed(LocalCloudError):
    """A cloud in the background ended before it answered, or never answered."""

    def __init__(self, log: Path, said: str) -> None:
        what, _, more = said.strip().partition("\n")
        told = dict(line.strip().partition(": ")[::2] for line in more.splitlines())
        super().__init__(
            what or "the local cloud did not start",
            cause=told.get("cause", ""),
            fix=told.get("fix", f"read {log}"),
        )
