"""Where Azure DevOps answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelyard.local.cloud.devops import build_routes, location_routes
from modelyard.local.cloud.devops.answering import Answer, Answering
from modelyard.local.cloud.devops.approval_responses import ApprovalResponses
from modelyard.local.cloud.devops.approvals import Approvals
from modelyard.local.cloud.devops.areas import HOST
from modelyard.local.cloud.devops.build_responses import BuildResponses
from modelyard.local.cloud.devops.builds import Builds
from modelyard.local.cloud.devops.content_responses import ContentResponses
from modelyard.local.cloud.devops.contents import Contents
from modelyard.local.cloud.devops.endpoint_responses import EndpointResponses
from modelyard.local.cloud.devops.endpoints import Endpoints
from modelyard.local.cloud.devops.environments import EnvironmentResponses
from modelyard.local.cloud.devops.group_responses import GroupResponses
from modelyard.local.cloud.devops.job_events import JobEvents
from modelyard.local.cloud.devops.location_routes import METHODS
from modelyard.local.cloud.devops.models import ORGANIZATION, Organization
from modelyard.local.cloud.devops.permissions import PermissionResponses
from modelyard.local.cloud.devops.pipelines import PipelineResponses
from modelyard.local.cloud.devops.previews import Previews
from modelyard.local.cloud.devops.project_responses import ProjectResponses
from modelyard.local.cloud.devops.projects import Projects
from modelyard.local.cloud.devops.pull_requests import PullRequestResponses
from modelyard.local.cloud.devops.responses import DevOpsResponses
from modelyard.local.cloud.devops.run_responses import RunResponses
from modelyard.local.cloud.devops.signed_urls import SignedUrls
from modelyard.local.cloud.devops.variable_groups import VariableGroups
from modelyard.local.cloud.service import Cloud, Route
from modelyard.local.cloud.tokens import Tokens

ISSUER = "vstoken.dev.azure.com"
IDENTITY_TOKEN = (
    f"/{ORGANIZATION}/<project>/_apis/distributedtask/hubs/<hub>/plans/<plan>/jobs/<job>/oidctoken"
)


class DevOpsService:
    """See :class:`modelyard.local.cloud.service.Service`."""

    name = "devops"

    def __init__(self, cloud: Cloud) -> None:
        self.organization = Organization(cloud)
        self.projects = Projects(cloud)
        self.groups = VariableGroups(cloud, self.organization, self.projects)
        self._endpoints = Endpoints(cloud, self.organization, self.projects)
        self._environments = EnvironmentResponses(cloud, self.projects)
        self._permissions = PermissionResponses(cloud, self.projects)
        self._pipelines = PipelineResponses(cloud, self.projects)
        self._project_responses = ProjectResponses(cloud, self.projects)
        self._pull_requests = PullRequestResponses(cloud, self.projects)
        self._contents = Contents(cloud)
        self._previews = Previews(cloud, self.projects, self._pipelines, self._contents)
        self._builds = Builds(cloud)
        self._events = JobEvents(cloud)
        self._approvals = Approvals(cloud, self.projects, self._environments, self._builds)
        self._runs = BuildResponses(
            cloud, self.projects, self._pipelines, self._builds, self._approvals
        )
        self._newer = RunResponses(self._runs, self._previews, SignedUrls(cloud))
        self._answering = Answering(self.organization, Tokens(cloud))

    def routes(self) -> Sequence[Route]:
        answers = DevOpsResponses(self.organization)
        own = (
            ("GET", "/modelyard/devops/service-connections", answers.connections),
            ("POST", "/modelyard/devops/service-connections", answers.connect),
            ("POST", "/modelyard/devops/generic-connections", answers.generic_connection),
            ("POST", "/modelyard/devops/jobs", answers.start_job),
            ("POST", "/modelyard/devops/personal-tokens", answers.personal_token),
        )
        return [
            Route(("POST",), HOST, IDENTITY_TOKEN, answers.identity_token),
            Route(
                ("GET",),
                ISSUER,
                "/<organization>/.well-known/openid-configuration",
                answers.openid_configuration,
            ),
            Route(("GET",), ISSUER, "/<organization>/.well-known/jwks", answers.keys),
            *location_routes.routes(self._answering, self._project_responses),
            *self._variable_groups(),
            *(
                Route((method,), HOST, f"/{ORGANIZATION}{path}", self._answering.handler(answer))
                for method, path, answer in (
                    *self._of_projects(),
                    *self._of_pull_requests(),
                    *self._of_contents(),
                    *self._of_deployments(),
                    *build_routes.of_clients(
                        self._runs, self._newer, ApprovalResponses(self._approvals)
                    ),
                )
            ),
            *(
                Route(
                    (method,),
                    HOST,
                    f"/{ORGANIZATION}{path}",
                    self._answering.handler(answer, signed_in=False),
                )
                for method, path, answer in build_routes.of_anybody(self._newer)
            ),
            Route(METHODS, HOST, "/<organization>/<path:rest>", answers.elsewhere),
            *(Route((method,), "127.0.0.1", path, handler) for method, path, handler in own),
            *(
                Route(
                    (method,), "127.0.0.1", path, self._answering.handler(answer, signed_in=False)
                )
                for method, path, answer in (
                    *build_routes.of_the_agent(self._runs, ApprovalResponses(self._approvals)),
                    ("GET", "/modelyard/devops/events/<plan>/<job>/<task>", self._events.get),
                )
            ),
        ]

    def _variable_groups(self) -> Iterator[Route]:
        answers = GroupResponses(self.organization, self.groups, self.projects)
        several = "_apis/distributedtask/variablegroups"
        of_all, of_project = f"/{ORGANIZATION}/{several}", f"/{ORGANIZATION}/<project>/{several}"
        for method, path, answer in (
            ("POST", of_all, answers.add),
            ("PUT", f"{of_all}/<int:group>", answers.update),
            ("DELETE", f"{of_all}/<int:group>", answers.delete),
            ("GET", of_project, answers.list),
            ("GET", f"{of_project}/<int:group>", answers.get),
        ):
            yield Route((method,), HOST, path, self._answering.handler(answer))
        own = "/modelyard/devops/variable-groups"
        yield Route(("GET",), "127.0.0.1", own, answers.values)
        yield Route(("PUT",), "127.0.0.1", own, answers.link)

    def _of_projects(self) -> Iterator[tuple[str, str, Answer]]:
        answers, endpoints = self._project_responses, EndpointResponses(self._endpoints)
        yield "GET", "/_apis/projects", answers.all
        yield "POST", "/_apis/projects", answers.add
        yield "GET", "/_apis/projects/<project>", answers.get
        yield "GET", "/<project>/_apis/git/repositories", answers.repositories
        yield "POST", "/<project>/_apis/git/repositories", answers.add_repository
        yield "GET", "/<project>/_apis/git/repositories/<repository>", answers.repository
        yield "GET", "/<project>/_apis/distributedtask/queues", answers.queues
        yield "GET", "/<project>/_apis/serviceendpoint/endpoints", endpoints.list
        yield "GET", "/<project>/_apis/serviceendpoint/endpoints/<endpoint>", endpoints.get
        yield "POST", "/_apis/serviceendpoint/endpoints", endpoints.add
        yield "PUT", "/_apis/serviceendpoint/endpoints/<endpoint>", endpoints.change

    def _of_pull_requests(self) -> Iterator[tuple[str, str, Answer]]:
        answers = self._pull_requests
        path = "/<project>/_apis/git/repositories/<repository>/pullRequests"
        yield "GET", path, answers.listed
        yield "POST", path, answers.add
        yield "GET", f"{path}/<int:number>", answers.get
        yield "PATCH", f"{path}/<int:number>", answers.change
        threads = f"{path}/<int:number>/threads"
        yield "GET", threads, answers.threads
        yield "POST", threads, answers.add_thread
        yield "PATCH", f"{threads}/<int:thread>", answers.change_thread
        comments = f"{threads}/<int:thread>/comments"
        yield "POST", comments, answers.add_comment
        yield "PATCH", f"{comments}/<int:comment>", answers.change_comment

    def _of_contents(self) -> Iterator[tuple[str, str, Answer]]:
        answers = ContentResponses(self.projects, self._contents)
        path = "/<project>/_apis/git/repositories/<repository>"
        yield "POST", f"{path}/pushes", answers.push
        yield "GET", f"{path}/refs", answers.refs
        yield "GET", f"{path}/items", answers.items
        yield "POST", "/<project>/_apis/pipelines/<int:pipeline>/preview", self._previews.preview

    def _of_deployments(self) -> Iterator[tuple[str, str, Answer]]:
        environments, pipelines = self._environments, self._pipelines
        yield from _all("/<project>/_apis/distributedtask/environments", environments, "PATCH")
        checks = "/<project>/_apis/pipelines/checks/configurations"
        yield "GET", checks, environments.checks
        yield "GET", f"{checks}/<int:number>", environments.check
        yield "POST", checks, environments.add_check
        yield "PATCH", f"{checks}/<int:number>", environments.change_check
        yield "DELETE", f"{checks}/<int:number>", environments.delete_check
        permissions = "/<project>/_apis/pipelines/pipelinePermissions"
        yield "PATCH", permissions, self._permissions.change_several
        yield "GET", f"{permissions}/<kind>/<number>", self._permissions.get
        yield "PATCH", f"{permissions}/<kind>/<number>", self._permissions.change
        yield from _all("/<project>/_apis/build/definitions", pipelines, "PUT")
        yield "GET", "/<project>/_apis/pipelines", pipelines.pipelines
        yield "GET", "/<project>/_apis/pipelines/<int:number>", pipelines.pipeline
        yield (
            "POST",
            "/<project>/_apis/distributedtask/hubs/<hub>/plans/<plan>/events",
            self._events.post,
        )
        policies = "/<project>/_apis/policy/configurations"
        yield "GET", policies, pipelines.policies
        yield "GET", f"{policies}/<int:number>", pipelines.policy
        yield "POST", policies, pipelines.add_policy
        yield "PUT", f"{policies}/<int:number>", pipelines.change_policy
        yield "DELETE", f"{policies}/<int:number>", pipelines.delete_policy

    def start(self) -> None:
        """Nothing runs beside the requests."""

    def stop(self) -> None:
        """Nothing runs beside the requests."""

    def reset(self) -> None:
        self.organization.reset()
        self.groups.reset()
        self._contents.reset()
        self.projects.reset()
        self._project_responses.reset()
        self._environments.reset()
        self._permissions.reset()
        self._pipelines.reset()
        self._pull_requests.reset()
        self._builds.reset()
        self._events.reset()
        self._approvals.reset()

    def status(self) -> Mapping[str, Any]:
        return {
            "organization": f"https://{HOST}/{ORGANIZATION}",
            "service_connections": self.organization.count(),
            "variable_groups": self.groups.count(),
            "environments": self._environments.environments.count(),
            "pipelines": self._pipelines.definitions.count(),
            "builds": self._builds.count(),
        }


def _all(
    path: str, answers: EnvironmentResponses | PipelineResponses, change: str
) -> Iterator[tuple[str, str, Answer]]:
    """The routes of something numbered."""
    yield "GET", path, answers.listed
    yield "POST", path, answers.add
    yield "GET", f"{path}/<int:number>", answers.get
    yield change, f"{path}/<int:number>", answers.change
    yield "DELETE", f"{path}/<int:number>", answers.delete
