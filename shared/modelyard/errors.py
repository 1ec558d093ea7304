"""Every error of the library, in one place because each owns an exit code, unique and never reused.

An error says what happened, the likely cause and what to do, and the command that says more. That
and ``docs/troubleshooting.md`` are made from the classes below. Beside their codes an operation
exits with 0 (done), 70 (a fault of Modelyard) and 130 or 143 (:class:`Cancelled`).
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping

EXPLAIN = "modelyard explain"


class ModelyardError(Exception):
    """Something that has no better name went wrong; the message tells what."""

    identifier = "MY000"
    exit_code = 1
    cause = ""
    """Likely cause, unless the error is given a better one."""
    fix = ""
    """What to do, unless the error is given a better one."""

    def __init__(self, what: str, *, cause: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.cause = cause or self.cause
        self.fix = fix or self.fix
        self.file = ""
        """Path in the repository that it belongs to, where that is known."""
        self.line = 0

    @property
    def explanation(self) -> str:
        """The command that says more."""
        return f"{EXPLAIN} {self.identifier}"

    def lines(self) -> Iterator[str]:
        """The error as it is shown, line by line."""
        yield self.what
        if self.cause:
            yield f"  cause: {self.cause}"
        if self.fix:
            yield f"  fix: {self.fix}"
        yield f"  error {self.identifier}, exit code {self.exit_code}: {self.explanation}"


class InputError(ModelyardError):
    """An input is missing, misspelt, empty where it may not be, or has a value not allowed."""

    identifier = "MY002"
    exit_code = 2


class FileError(ModelyardError):
    """A file that an input names can't be read, isn't valid YAML or JSON, or lacks a field."""

    identifier = "MY003"
    exit_code = 3


class MissingTool(ModelyardError):
    """A program or a Python package that this operation needs isn't installed here."""

    identifier = "MY004"
    exit_code = 4


class OutputClosed(ModelyardError):
    """Nobody reads standard output any more (``modelyard ... | head``): the work was stopped."""

    identifier = "MY005"
    exit_code = 141
    cause = "the program that reads the output has ended"
    fix = "send the output to a file, or let the program read to the end"


class ServiceError(ModelyardError):
    """The service understood the request and refused it; its own words are in the message."""

    identifier = "MY017"
    exit_code = 17

    def __init__(
        self, what: str, *, status: int = 0, code: str = "", cause: str = "", fix: str = ""
    ) -> None:
        super().__init__(what, cause=cause, fix=fix)
        self.status = status
        self.code = code
        self.headers: Mapping[str, str] = {}  # of the answer, where there was one


class Unauthenticated(ServiceError):
    """The service doesn't know the credential: none was sent, it is wrong, or it has expired."""

    identifier = "MY010"
    exit_code = 10
    cause = "the token is wrong, was revoked or has expired"
    fix = "make a new token or check which secret the token input takes"


class PermissionDenied(ServiceError):
    """The service knows who asks, and that one may not do this."""

    identifier = "MY011"
    exit_code = 11
    cause = "the identity has no right to do this, or the token belongs to another workspace"
    fix = "grant the right in the workspace, or use the token of an identity that has it"


class NotFound(ServiceError):
    """What was named doesn't exist in this workspace."""

    identifier = "MY014"
    exit_code = 14
    fix = "compare the name with what is there; names are compared exactly"


class AlreadyExists(ServiceError):
    """Something of this name exists and may not be replaced."""

    identifier = "MY015"
    exit_code = 15


class TooManyRequests(ServiceError):
    """The service still answered 429 after every repetition it asked for."""

    identifier = "MY018"
    exit_code = 18
    fix = "run fewer things at once, or try again later"


class ServiceUnavailable(ServiceError):
    """The service answered with a server error, also after repetitions where those are safe."""

    identifier = "MY019"
    exit_code = 19
    fix = "try again later; the status page of the service may tell more"


class Unreachable(ModelyardError):
    """No connection to the host, or the connection broke before an answer came."""

    identifier = "MY012"
    exit_code = 12
    cause = "the host name is wrong, a proxy or firewall is in the way, or the service is down"
    fix = "open the address from this machine and check the workspace URL and the proxy settings"


class NotTheService(ModelyardError):
    """The host answered, but not as the service's API does (a web page in place of JSON)."""

    identifier = "MY013"
    exit_code = 13
    cause = "the address is that of a sign-in page, a proxy or another web site"
    fix = "use the workspace's own address, such as https://adb-1234567890123456.7.azuredatabricks.net"


class Ambiguous(ModelyardError):
    """Two or more things have the name that should name one."""

    identifier = "MY016"
    exit_code = 16
    fix = "name it by its id, or rename or remove the others"


class PolicyViolation(ModelyardError):
    """The request breaks a rule checked before anything is created: policy, workers, cost."""

    identifier = "MY022"
    exit_code = 22


class ReadOnly(ModelyardError):
    """A dry run came to a call that would write. This is a fault of Modelyard: please report it."""

    identifier = "MY024"
    exit_code = 24


class ClusterFailed(ModelyardError):
    """The cluster didn't come up, or terminated while it was needed."""

    identifier = "MY030"
    exit_code = 30


class RunFailed(ModelyardError):
    """A run ended without success: the notebook raised, or the run couldn't be carried out."""

    identifier = "MY031"
    exit_code = 31


class RunCanceled(ModelyardError):
    """Somebody or something cancelled the run. That is not success."""

    identifier = "MY032"
    exit_code = 32


class RunTimedOut(ModelyardError):
    """The run took longer than its own time-out in the service allows."""

    identifier = "MY033"
    exit_code = 33


class UnknownState(ModelyardError):
    """The service reported a state that this version doesn't know; it isn't taken for success."""

    identifier = "MY034"
    exit_code = 34
    fix = "look at the resource in the workspace; a newer version of Modelyard may know the state"


class LibraryFailed(ModelyardError):
    """A library couldn't be installed on the cluster."""

    identifier = "MY035"
    exit_code = 35


class WaitTimeout(ModelyardError):
    """The time that ``timeout-minutes`` gives ran out before the thing waited for happened."""

    identifier = "MY036"
    exit_code = 36
    fix = "raise the input timeout-minutes, or find out what it waits for"


class NoModel(ModelyardError):
    """No run of this build, or no version of the model, has the metric or passes the threshold."""

    identifier = "MY040"
    exit_code = 40


class ImageFailed(ModelyardError):
    """The scoring image couldn't be built, read or pushed."""

    identifier = "MY041"
    exit_code = 41


class DeploymentFailed(ModelyardError):
    """The new deployment didn't become healthy; what served before goes on, but not on ACI."""

    identifier = "MY042"
    exit_code = 42


class EndpointTestFailed(ModelyardError):
    """The endpoint answered, but not with what was expected of it."""

    identifier = "MY043"
    exit_code = 43


class Cancelled(BaseException):
    """SIGINT or SIGTERM arrived. No Exception: handlers for ordinary errors leave it alone."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM, as shells have it."""
        return 128 + self.signal_number

    @property
    def signal_name(self) -> str:
        return signal.Signals(self.signal_number).name


def all_errors() -> list[type[ModelyardError]]:
    """Every error class, by identifier: of this module and of those made of its classes."""
    from modelyard import (
        account_errors,
        deployment_errors,
        launcher_errors,
        project_errors,
        runner_errors,
    )

    def below(cls: type[ModelyardError]) -> Iterator[type[ModelyardError]]:
        yield cls
        for child in cls.__subclasses__():
            yield from below(child)

    others = (account_errors, deployment_errors, launcher_errors, project_errors, runner_errors)
    modules = {__name__, *(module.__name__ for module in others)}
    found = {cls for cls in below(ModelyardError) if cls.__module__ in modules}
    return sorted(found, key=lambda cls: cls.identifier)
