"""Where GitHub's REST interface answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.local.cloud.credentials import load_or_create
from modelyard.local.cloud.github.accounts import OWNER, Accounts
from modelyard.local.cloud.github.calls import PREFIX, Answer, Api
from modelyard.local.cloud.github.contents import ContentResponses
from modelyard.local.cloud.github.deployments import Deployments
from modelyard.local.cloud.github.environments import Environments
from modelyard.local.cloud.github.git_responses import GitResponses
from modelyard.local.cloud.github.history import History
from modelyard.local.cloud.github.own import Own, handler
from modelyard.local.cloud.github.protection import Protection
from modelyard.local.cloud.github.pulls import Pulls
from modelyard.local.cloud.github.repositories import Repositories
from modelyard.local.cloud.github.repository_responses import RepositoryResponses
from modelyard.local.cloud.github.reviews import Reviews
from modelyard.local.cloud.github.secrets import Secrets
from modelyard.local.cloud.github.tokens import Tokens
from modelyard.local.cloud.github.variables import Variables
from modelyard.local.cloud.github.workflows import Workflows
from modelyard.local.cloud.service import Cloud, Route

HOST = "api.github.com"
REPOSITORY = "/repos/<owner>/<repo>"

Row = tuple[str, str, str, Answer]
"""Method, path, what a fine-grained token needs (``permission=level``), answer."""


class GitHubService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "github"

    def __init__(self, cloud: Cloud) -> None:
        self._token = load_or_create(cloud.folder).github_token
        self.accounts = Accounts(cloud)
        self.tokens = Tokens(cloud)
        self.repositories = Repositories(cloud, self.accounts)
        self.history = History(cloud, self.repositories)
        self._environments = Environments(self.repositories, self.accounts)
        self.secrets = Secrets(self.repositories, self._environments)
        self._protection = Protection(self.repositories, self.history)
        self._workflows = Workflows(self.repositories, self.accounts, self.history)
        self._owner()

    def routes(self) -> Sequence[Route]:
        api = Api(self.accounts, self.tokens, self.repositories)
        rows = [*self._places(), *self._settings(), *self._git(), *self._reports()]
        own = Own(self.accounts, self.tokens, self.repositories, self.history, self._workflows)
        found = []
        for method, path, need, answer in rows:
            handle = api.handler(answer, *need.split("="))
            found.append(Route((method,), HOST, path, handle))
            found.append(Route((method,), "127.0.0.1", f"{PREFIX}{path}", handle))
        for name, tell in (
            ("repositories", own.add_repository),
            ("accounts", own.add_account),
            ("tokens", own.add_token),
            ("runs", own.settle_run),
        ):
            path = f"/modelyard/github/{name}"
            found.append(Route(("POST",), "127.0.0.1", path, handler(tell)))
        return found

    def _places(self) -> Iterator[Row]:
        answers = RepositoryResponses(self.repositories, self.accounts, self.history)
        yield "GET", "/user", "metadata=read", answers.user
        yield "POST", "/user/repos", "administration=write", answers.create
        yield "GET", "/rate_limit", "metadata=read", answers.rate_limit
        yield "GET", "/users/<login>", "metadata=read", answers.account
        yield "GET", "/orgs/<login>", "metadata=read", answers.organization
        yield "GET", "/orgs/<login>/teams/<slug>", "members=read", answers.team
        yield "GET", REPOSITORY, "metadata=read", answers.get
        subject = f"{REPOSITORY}/actions/oidc/customization/sub"
        yield "GET", subject, "actions=read", answers.subject
        yield "PUT", subject, "actions=write", answers.set_subject
        path, need = "/orgs/<login>/actions/oidc/customization/sub", "organization_administration"
        yield "GET", path, f"{need}=read", answers.organization_subject
        yield "PUT", path, f"{need}=write", answers.set_organization_subject

    def _settings(self) -> Iterator[Row]:
        places = (f"{REPOSITORY}/actions", f"{REPOSITORY}/environments/<environment>")
        secrets, variables = self.secrets, Variables(self.repositories, self._environments)
        for place, need in zip(places, ("", "environments"), strict=True):
            path, needed = f"{place}/secrets", need or "secrets"
            yield "GET", path, f"{needed}=read", secrets.listed
            yield "GET", f"{path}/public-key", f"{needed}=read", secrets.public_key
            yield "GET", f"{path}/<name>", f"{needed}=read", secrets.get
            yield "PUT", f"{path}/<name>", f"{needed}=write", secrets.put
            yield "DELETE", f"{path}/<name>", f"{needed}=write", secrets.delete
            path, needed = f"{place}/variables", need or "variables"
            yield "GET", path, f"{needed}=read", variables.listed
            yield "POST", path, f"{needed}=write", variables.add
            yield "GET", f"{path}/<name>", f"{needed}=read", variables.get
            yield "PATCH", f"{path}/<name>", f"{needed}=write", variables.update
            yield "DELETE", f"{path}/<name>", f"{needed}=write", variables.delete
        environments, one = self._environments, places[1]
        yield "GET", f"{REPOSITORY}/environments", "actions=read", environments.listed
        yield "GET", one, "actions=read", environments.get
        yield "PUT", one, "administration=write", environments.put
        yield "DELETE", one, "administration=write", environments.delete
        path = f"{one}/deployment-branch-policies"
        yield "GET", path, "actions=read", environments.policies
        yield "POST", path, "administration=write", environments.add_policy
        yield "DELETE", f"{path}/<int:policy>", "administration=write", environments.delete_policy
        protection, path = self._protection, f"{REPOSITORY}/branches/<path:branch>/protection"
        yield "GET", path, "administration=read", protection.shown
        yield "PUT", path, "administration=write", protection.put
        yield "DELETE", path, "administration=write", protection.delete

    def _git(self) -> Iterator[Row]:
        git = GitResponses(self.history, self._protection)
        contents = ContentResponses(self.history, git, self._protection)
        yield "GET", f"{REPOSITORY}/branches", "contents=read", git.branches
        yield "GET", f"{REPOSITORY}/branches/<path:branch>", "contents=read", git.branch
        yield "GET", f"{REPOSITORY}/git/ref/<path:ref>", "contents=read", git.ref
        yield "GET", f"{REPOSITORY}/git/refs/<path:ref>", "contents=read", git.ref
        yield "GET", f"{REPOSITORY}/git/matching-refs/<path:ref>", "contents=read", git.matching
        yield "POST", f"{REPOSITORY}/git/refs", "contents=write", git.create_ref
        yield "PATCH", f"{REPOSITORY}/git/refs/<path:ref>", "contents=write", git.update_ref
        yield "DELETE", f"{REPOSITORY}/git/refs/<path:ref>", "contents=write", git.delete_ref
        yield "POST", f"{REPOSITORY}/git/blobs", "contents=write", git.create_blob
        yield "GET", f"{REPOSITORY}/git/blobs/<sha>", "contents=read", git.blob
        yield "POST", f"{REPOSITORY}/git/trees", "contents=write", git.create_tree
        yield "GET", f"{REPOSITORY}/git/trees/<path:sha>", "contents=read", git.tree
        yield "POST", f"{REPOSITORY}/git/commits", "contents=write", git.create_commit
        yield "GET", f"{REPOSITORY}/git/commits/<sha>", "contents=read", git.git_commit
        yield "GET", f"{REPOSITORY}/commits/<path:ref>", "contents=read", git.commit
        yield "GET", f"{REPOSITORY}/contents", "contents=read", contents.get
        path = f"{REPOSITORY}/contents/<path:path>"
        yield "GET", path, "contents=read", contents.get
        yield "PUT", path, "contents=write", contents.put
        yield "DELETE", path, "contents=write", contents.delete

    def _reports(self) -> Iterator[Row]:
        reviews = Reviews(self.repositories, self.accounts)
        pulls = Pulls(self.repositories, self.accounts, self.history, self._protection, reviews)
        deployments = Deployments(
            self.repositories, self.accounts, self.history, self._environments
        )
        flows = self._workflows
        path = f"{REPOSITORY}/pulls"
        yield "GET", path, "pull_requests=read", pulls.listed
        yield "POST", path, "pull_requests=write", pulls.create
        yield "GET", f"{path}/<int:number>", "pull_requests=read", pulls.get
        yield "PATCH", f"{path}/<int:number>", "pull_requests=write", pulls.update
        yield "GET", f"{path}/<int:number>/files", "pull_requests=read", pulls.files
        yield "PUT", f"{path}/<int:number>/merge", "contents=write", pulls.merge
        yield "GET", f"{path}/<int:number>/reviews", "pull_requests=read", reviews.listed
        yield "POST", f"{path}/<int:number>/reviews", "pull_requests=write", reviews.add
        path = f"{REPOSITORY}/issues"
        yield "GET", f"{path}/<int:number>", "issues=read", pulls.issue
        yield "GET", f"{path}/<int:number>/comments", "issues=read", pulls.comments
        yield "POST", f"{path}/<int:number>/comments", "issues=write", pulls.add_comment
        yield "GET", f"{path}/comments/<int:comment>", "issues=read", pulls.comment
        yield "PATCH", f"{path}/comments/<int:comment>", "issues=write", pulls.update_comment
        yield "DELETE", f"{path}/comments/<int:comment>", "issues=write", pulls.delete_comment
        path = f"{REPOSITORY}/deployments"
        yield "GET", path, "deployments=read", deployments.listed
        yield "POST", path, "deployments=write", deployments.create
        path = f"{path}/<int:deployment>"
        yield "GET", path, "deployments=read", deployments.get
        yield "GET", f"{path}/statuses", "deployments=read", deployments.statuses
        yield "POST", f"{path}/statuses", "deployments=write", deployments.add_status
        path = f"{REPOSITORY}/commits/<path:ref>"
        yield "GET", f"{path}/statuses", "statuses=read", deployments.commit_statuses
        yield "GET", f"{path}/status", "statuses=read", deployments.combined
        path = f"{REPOSITORY}/statuses/<sha>"
        yield "POST", path, "statuses=write", deployments.add_commit_status
        path = f"{REPOSITORY}/actions/workflows"
        yield "GET", path, "actions=read", flows.listed
        yield "GET", f"{path}/<workflow>", "actions=read", flows.get
        yield "POST", f"{path}/<workflow>/dispatches", "actions=write", flows.dispatch
        yield "GET", f"{path}/<workflow>/runs", "actions=read", flows.runs
        path = f"{REPOSITORY}/actions/runs"
        yield "GET", path, "actions=read", flows.runs
        yield "GET", f"{path}/<int:run>", "actions=read", flows.run
        yield "POST", f"{path}/<int:run>/cancel", "actions=write", flows.cancel
        yield "GET", f"{path}/<int:run>/artifacts", "actions=read", flows.artifacts

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.repositories.reset()
        self.accounts.reset()
        self.tokens.reset()
        self._owner()

    def status(self) -> Mapping[str, Any]:
        return {"user": OWNER, "repositories": len(self.repositories.all())}

    def _owner(self) -> None:
        self.accounts.add(OWNER)
        self.tokens.add(OWNER, self._token)
