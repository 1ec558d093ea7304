"""The package azure-devops: imported when it is needed, and what its errors mean.

It writes the table of addresses that a server gives into a folder in the home folder, for twelve
hours. Here it gets a folder of its own, which goes with the process.
"""

from __future__ import annotations

import functools
import os
import re
import tempfile
from typing import Any

from modelyard import answers
from modelyard.answers import Rule
from modelyard.errors import (
    AlreadyExists,
    MissingTool,
    ModelyardError,
    NotFound,
    NotTheService,
    PermissionDenied,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
)

CACHE = "AZURE_DEVOPS_CACHE_DIR"
RULES = (
    Rule(Unauthenticated, code="UnauthorizedRequest"),
    Rule(Unauthenticated, message="TF400813"),
    Rule(PermissionDenied, code="(?i)AccessDenied|AccessCheck|PermissionDenied|Unauthorized"),
    Rule(PermissionDenied, message="(?i)access denied|needs the following permission"),
    Rule(NotFound, code="NotFound|DoesNotExist"),
    Rule(AlreadyExists, code="Exists|Duplicate"),
    Rule(TooManyRequests, code="RequestBlocked"),
)
"""By the class of the service's own exception, and by its message: the package tells no status."""
_STATUS = re.compile(r"returned a (\d{3}) status code")


@functools.cache
def _cache_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="modelyard-devops-")


def connect(url: str, credential: Any) -> Any:
    """A ``Connection`` of the package.

    :param credential: of ``msrest.authentication``.
    :raises MissingTool: when it isn't installed.
    """
    before = os.environ.get(CACHE)
    os.environ[CACHE] = before or _cache_folder().name
    try:
        from azure.devops.connection import Connection
    except ImportError:
        raise MissingTool(
            "the package azure-devops isn't installed, and setting up a project needs it",
            fix='pip install "modelyard[setup]"',
        ) from None
    finally:
        if before is None:
            del os.environ[CACHE]
    return Connection(base_url=url, creds=credential)


def basic(token: str) -> Any:
    """The package's credential of a personal access token."""
    from msrest.authentication import BasicAuthentication

    return BasicAuthentication("", token)


def bearer(token: str) -> Any:
    """The package's credential of a token of Microsoft Entra."""
    from msrest.authentication import BasicTokenAuthentication

    return BasicTokenAuthentication({"access_token": token})


def failures() -> tuple[type[Exception], ...]:
    """What its calls raise; the last one where an answer isn't JSON but a page, to sign in or of a
    proxy."""
    from azure.core.exceptions import DeserializationError
    from msrest.exceptions import ClientException

    return (ClientException, DeserializationError)


def translated(error: Exception, what: str) -> ModelyardError:
    """An error of the package as one of ours.

    :param error: one of :func:`failures`.
    :param what: was being done.
    """
    from azure.core.exceptions import DeserializationError
    from msrest.exceptions import AuthenticationError

    said = str(getattr(error, "message", "") or error).strip()
    text = f"{what}: {said}"
    status = _STATUS.search(said)
    if isinstance(error, AuthenticationError) or (status and status[1] == "401"):
        return Unauthenticated(text, status=401)
    if isinstance(error, DeserializationError):
        return NotTheService(text)
    code = str(getattr(error, "type_key", "") or "")
    if _answered(error):
        return answers.typed(text, int(status[1]) if status else 0, code, said, RULES)
    return Unreachable(text)


def _answered(error: Exception) -> bool:
    """Whether there was an answer, whatever it says: a lost connection is an error of msrest."""
    from azure.devops.exceptions import AzureDevOpsClientRequestError

    return isinstance(error, AzureDevOpsClientRequestError)
