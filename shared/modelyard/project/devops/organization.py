"""One project of Azure DevOps, reached by the package azure-devops and by ``http.py``.

See docs/decisions/0058 for what goes which way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from modelyard.answers import read_json
from modelyard.errors import (
    AlreadyExists,
    ModelyardError,
    NotFound,
    NotTheService,
    PermissionDenied,
    ReadOnly,
    ServiceError,
    Unauthenticated,
    Unreachable,
)
from modelyard.http import Session
from modelyard.project.devops import package, signing_in
from modelyard.project.devops.signing_in import TOKEN, PersonalAccessToken
from modelyard.project.surroundings import Surroundings

HOST = "https://dev.azure.com"
CONTINUATION = "x-ms-continuationtoken"
"""The header with which an answer says how the next page is asked for."""
T = TypeVar("T")
Json = dict[str, Any]


class Organization:
    """An organization and one project of it.

    Until :meth:`begin` is called, everything that would write is refused.

    :ivar ids: of what is there or was made, by kind and name in small letters; so that what is
        planned before a thing exists can be carried out after.
    :raises NotFound: when there is no such project.
    """

    def __init__(self, name: str, project: str, surroundings: Surroundings) -> None:
        self.url = name.rstrip("/") if "://" in name else f"{HOST}/{name}"
        self.surroundings = surroundings
        self.ids: dict[tuple[str, str], str] = {}
        credential = signing_in.credential(surroundings)
        self._session = Session(
            self.url, clock=surroundings.clock, credential=credential, read_only=True
        )
        headers = credential.headers()
        self._connection = package.connect(
            self.url,
            package.basic(credential.value)
            if isinstance(credential, PersonalAccessToken)
            else package.bearer(headers["Authorization"].removeprefix("Bearer ")),
        )
        for secret in credential.secrets():
            surroundings.masker.add(secret)
        self._clients: dict[str, Any] = {}
        found = self._project(project)
        self.project, self.project_id = str(found.name), str(found.id)

    @property
    def project_url(self) -> str:
        """The project's page."""
        return f"{self.url}/{quote(self.project)}"

    def _project(self, name: str) -> Any:
        try:
            return self.read(f"looking up the project {name}", "core", "get_project", name)
        except NotFound as error:
            error.fix = (
                "check azure-devops.organization and azure-devops.project, or make the project: "
                f"az devops project create --organization {self.url} --name {name!r}"
            )
            raise

    def begin(self) -> None:
        """From now on things may be written."""
        self._session.read_only = False

    def read(self, what: str, client: str, method: str, *arguments: Any, **more: Any) -> Any:
        """A call of the package that changes nothing.

        :param what: is being done, for the error.
        :param client: ``build`` for its build client.
        """
        return self._called(what, client, method, arguments, more)

    def write(
        self, what: str, client: str, method: str, *arguments: Any, needs: str = "", **more: Any
    ) -> Any:
        """A call of the package that changes something.

        :param needs: which right it takes, for who hasn't got it.
        :raises ReadOnly: before :meth:`begin`.
        """
        if self._session.read_only:
            raise ReadOnly(f"{what} would write, and this is a dry run")
        return self._told(lambda: self._called(what, client, method, arguments, more), needs)

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """A GET of what the package can't read: ``path`` below the project."""
        path = f"/{quote(self.project)}{path}"
        return self._told(
            lambda: self._session.get(path, {"api-version": "7.1-preview", **(params or {})})
        )

    def every(self, path: str) -> list[Json]:
        """All of a list below the project that comes in pages; the package loses how it goes on.

        :raises ServiceError: when the pages never end.
        """
        path = f"/{quote(self.project)}{path}"
        found: list[Json] = []
        params: dict[str, Any] = {"api-version": "7.1-preview"}
        seen: set[str] = set()
        while True:
            answer = self._told(partial(self._session.call, "GET", path, params=params))
            body = read_json(answer, f"GET {path}")
            found += body.get("value") or ()
            token = answer.headers.get(CONTINUATION, "")
            if not token:
                return found
            if token in seen:
                raise ServiceError(f"the pages of {path} never end: {token} came twice")
            seen.add(token)
            params = {**params, "continuationToken": token}

    def send(
        self, method: str, path: str, body: Json, *, needs: str = "", of_all: bool = False
    ) -> Json:
        """A call for what the package can't write.

        :param of_all: the path is below the organization, not the project.
        """
        path = path if of_all else f"/{quote(self.project)}{path}"
        params = {"api-version": "7.1-preview"}
        return self._told(lambda: self._session.json(method, path, params=params, body=body), needs)

    def id_of(self, kind: str, name: str) -> str:
        """The id of something that is there or was made in this run.

        :raises NotFound: when there is none.
        """
        try:
            return self.ids[kind, name.lower()]
        except KeyError:
            raise NotFound(
                f"there is no {kind} {name} in {self.project}",
                fix="check the name in the file, or make it there first",
            ) from None

    def knows(self, kind: str, name: str) -> str:
        """The id, or nothing."""
        return self.ids.get((kind, name.lower()), "")

    def remember(self, kind: str, name: str, key: Any) -> None:
        self.ids[kind, name.lower()] = str(key)

    def reference(self) -> Json:
        """The project as requests name it."""
        return {"id": self.project_id, "name": self.project}

    def _called(
        self, what: str, client: str, method: str, arguments: tuple[Any, ...], more: Json
    ) -> Any:
        try:
            if client not in self._clients:
                factory = self._connection.clients_v7_1
                self._clients[client] = getattr(factory, f"get_{client}_client")()
            return getattr(self._clients[client], method)(*arguments, **more)
        except package.failures() as error:
            raise _with_fix(package.translated(error, what)) from None

    def _told(self, call: Callable[[], T], needs: str = "") -> T:
        try:
            return call()
        except ModelyardError as error:
            raise _with_fix(error, needs) from None


def _with_fix(error: ModelyardError, needs: str = "") -> ModelyardError:
    if isinstance(error, Unreachable):
        error.fix = (
            "open the organization from this machine; check azure-devops.organization and the "
            "proxy settings"
        )
    if isinstance(error, PermissionDenied):
        error.cause = "who signed in hasn't the right, or the token hasn't the scope"
        error.fix = f"it takes {needs}" if needs else "it takes a member of the project, with a "
        error.fix += "" if needs else "token that may read and manage what the file names"
    elif isinstance(error, NotTheService):
        error.cause = "a proxy answered, or a page to sign in, in place of Azure DevOps"
        error.fix = "open the organization from this machine, and check azure-devops.organization"
    elif isinstance(error, AlreadyExists):
        error.cause = "somebody made it meanwhile, or the answer to this run's own request was lost"
        error.fix = "run this again: it compares with what is there now"
    elif isinstance(error, Unauthenticated):
        error.fix = (
            f"make a new personal access token and set {TOKEN} to it, or unset that and run "
            "az login"
        )
    return error
