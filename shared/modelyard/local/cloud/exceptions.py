"""What can go wrong with a local cloud itself. Every message names the cause and what to do."""

from __future__ import annotations

from pathlib import Path


class LocalCloudError(Exception):
    """Something the user can put right; the message says how."""


class CorruptState(LocalCloudError):
    """A file of the state folder can't be understood."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is damaged. Delete the state folder {path.parent} and start again: it holds "
            "only what this local cloud made."
        )


class StateNotWritable(LocalCloudError):
    """The state folder can't be made or written."""

    def __init__(self, folder: Path, reason: OSError) -> None:
        super().__init__(
            f"The state folder {folder} can't be used ({reason.strerror}). Choose another with "
            "--state or MODELYARD_LOCAL_STATE."
        )


class NotAStateFolder(LocalCloudError):
    """The folder holds something else, which must not be touched."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is not empty and not the state folder of a local cloud. Choose an empty or "
            "new folder with --state or MODELYARD_LOCAL_STATE."
        )


class PortInUse(LocalCloudError):
    """Another program listens on the port, or the system reserves it."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1 can't be used: another program has it, or it is reserved. "
            "Choose another with --port, or leave --port out for a free one."
        )


class AlreadyRunning(LocalCloudError):
    """Two clouds can't share a state folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"A local cloud already uses the state folder {folder}. Use it, stop it with "
            "`modelyard local down`, or choose another folder with --state."
        )


class NotRunning(LocalCloudError):
    """A command needs a running cloud."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"No local cloud runs in the state folder {folder}. Start one with "
            "`modelyard local up --detach`."
        )


class StartFailed(LocalCloudError):
    """A cloud in the background ended before it answered, or never answered."""

    def __init__(self, log: Path, said: str) -> None:
        super().__init__(said or f"The local cloud did not start. It wrote {log}.")


class ServiceMissing(LocalCloudError):
    """A service was asked for by a name that nothing has."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no service {name!r}. Known: {', '.join(known)}.")
