"""A job that was killed while traffic moved, and two jobs that deploy to one endpoint at once."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.azureml import online, serving
from modelyard.azureml.marks import ORIGIN, PROVEN
from modelyard.context import Context
from modelyard.deployment_errors import Overtaken
from modelyard.endpoints import watching
from modelyard.errors import Cancelled, EndpointTestFailed, InputError, Unreachable
from modelyard.operations.deployments import trying
from modelyard.operations.model_deploy import OPERATION
from unit.operations.deployments.online_azure import Azure, deploy, release

Make = Callable[..., Context]
NEXT, OTHER = {"instance_count": 2}, {"instance_count": 3}
STEPS = pytest.mark.parametrize("step", [10, 50, 90])


class Cases:
    """The endpoint serves; a job is killed or another one comes while the next is watched."""

    def __init__(self, azure: Azure, make: Make, patch: pytest.MonkeyPatch) -> None:
        self.azure = azure
        self._make = make
        self._patch = patch
        self.live, self.new = "blue", "green"

    def serve(self, live: str) -> None:
        """Deploy until the deployment of this name serves."""
        self.live, self.new = (live, {"blue": "green", "green": "blue"}[live])
        for number in range(1 if live == "blue" else 2):
            deploy(self._make(OPERATION), instance_count=10 + number, traffic=("100",))
        assert self.azure.traffic == {live: 100}

    def while_watched(self, what: Callable[[], object]) -> None:
        """Do this once, as soon as the new deployment has a part of the traffic."""
        left = [what]
        self._patch.setattr(watching, "watch", lambda *_, **__: left.pop()() if left else None)

    def killed(self, step: int) -> Context:
        """A job that got this far, with what it has kept for its release step."""
        context = self._make(OPERATION)
        found: list[Any] = []
        self.while_watched(lambda: found.extend([self.azure.state(), dict(context.kept)]))
        deploy(context, traffic=(str(step),), **NEXT)
        state, kept = found
        self.azure.restore(state)
        context.kept.clear()
        context.kept.update(kept)
        assert self.azure.traffic == {self.live: 100 - step, self.new: step}
        # Azure promises no order.
        traffic = dict(sorted(self.azure.traffic.items(), key=lambda one: one[0] != self.new))
        assert self.azure.endpoint is not None
        self.azure.endpoint["properties"]["traffic"] = traffic
        return context

    def untag(self) -> None:
        assert self.azure.endpoint is not None
        del self.azure.endpoint["tags"][PROVEN]


@pytest.fixture
def cases(azure: Azure, make_context: Make, monkeypatch: pytest.MonkeyPatch) -> Cases:
    return Cases(azure, make_context, monkeypatch)


@STEPS
@pytest.mark.parametrize("live", ["blue", "green"])
@pytest.mark.parametrize("tagged", [True, False])
def test_after_a_kill_the_next_run_goes_back_to_the_proven_one(
    cases: Cases, azure: Azure, make_context: Make, step: int, live: str, tagged: bool
) -> None:
    cases.serve(live)
    served = azure.deployments[live]
    cases.killed(step)
    if not tagged:
        cases.untag()
    azure.answers[cases.new] = []
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION), **OTHER)
    assert azure.traffic == {live: 100}
    assert azure.deployments == {live: served}
    assert azure.endpoint is not None
    assert azure.endpoint["tags"][PROVEN] == live


@STEPS
@pytest.mark.parametrize("live", ["blue", "green"])
def test_after_a_kill_the_release_step_goes_back_to_the_proven_one(
    cases: Cases, azure: Azure, step: int, live: str
) -> None:
    cases.serve(live)
    served = azure.deployments[live]
    release(cases.killed(step))
    assert azure.traffic == {live: 100}
    assert azure.deployments == {live: served}
    assert azure.endpoint is not None
    assert azure.endpoint["tags"][PROVEN] == live


def test_the_tag_counts_where_it_names_one_that_has_traffic(
    cases: Cases, azure: Azure, make_context: Make, caplog: pytest.LogCaptureFixture
) -> None:
    cases.serve("blue")
    cases.killed(50)
    assert azure.endpoint is not None
    azure.endpoint["tags"] |= {PROVEN: "green", "team": "wine"}
    assert deploy(make_context(OPERATION), **OTHER).deployment == "blue"
    assert "(green 50 %, blue 50 %); all of it goes back to green" in caplog.text
    tags = {name: tag for name, tag in azure.endpoint["tags"].items() if name != ORIGIN}
    assert tags == {PROVEN: "blue", "team": "wine"}


@pytest.mark.parametrize("named", ["mine", ""])
def test_a_tag_that_names_one_without_traffic_says_nothing(
    cases: Cases, azure: Azure, make_context: Make, named: str
) -> None:
    cases.serve("blue")
    served = azure.deployments["blue"]
    cases.killed(50)
    assert azure.endpoint is not None
    azure.endpoint["tags"][PROVEN] = named
    azure.answers["green"] = []
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION), **OTHER)
    assert azure.traffic == {"blue": 100}
    assert azure.deployments == {"blue": served}


def test_where_nothing_tells_which_is_proven_nothing_is_changed(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    cases.serve("blue")
    cases.killed(50)
    cases.untag()
    azure.deployments["green"]["systemData"] = azure.deployments["blue"]["systemData"]
    azure.calls.clear()
    with pytest.raises(InputError, match="nothing tells which deployment is proven"):
        deploy(make_context(OPERATION))
    for one in azure.deployments.values():
        del one["systemData"]
    with pytest.raises(InputError, match="nothing tells which deployment is proven"):
        deploy(make_context(OPERATION))
    assert not azure.calls


def test_traffic_of_a_deployment_that_is_not_its_own_is_not_taken_away(
    azure: Azure, make_context: Make
) -> None:
    azure.serve("blue", traffic={"blue": 90, "mine": 10})
    azure.put_deployment("mine")
    with pytest.raises(InputError, match="the deployment mine of wine serves"):
        deploy(make_context(OPERATION))
    assert not azure.calls


@pytest.mark.parametrize("wanted", [OTHER, NEXT])  # NEXT: the same that the first one deploys
def test_of_two_jobs_at_once_the_one_that_was_overtaken_fails_and_leaves_the_other_alone(
    cases: Cases, azure: Azure, make_context: Make, wanted: dict[str, Any]
) -> None:
    cases.serve("blue")
    cases.while_watched(lambda: deploy(make_context(OPERATION), **wanted))
    context = make_context(OPERATION)
    with pytest.raises(Overtaken, match="green of wine is another"):
        deploy(context, **NEXT)
    assert azure.traffic == {"green": 100}
    assert list(azure.deployments) == ["green"]
    assert not any(context.kept.values())
    assert deploy(make_context(OPERATION), **wanted).action == "left-alone"


@pytest.mark.parametrize("gone", ["wine", "green"])
def test_what_another_deletes_meanwhile_is_told(
    cases: Cases, azure: Azure, make_context: Make, gone: str
) -> None:
    def delete() -> None:
        if gone == "green":
            del azure.deployments["green"]
        else:
            azure.endpoint = None

    cases.serve("blue")
    cases.while_watched(delete)
    with pytest.raises(Overtaken, match=f"{gone}.* was deleted meanwhile"):
        deploy(make_context(OPERATION), **NEXT)


def test_at_the_end_it_has_to_be_its_own_deployment_that_serves(
    azure: Azure, make_context: Make
) -> None:
    azure.serve("blue")
    azure.meanwhile["PUT wine"] = lambda: azure.put_deployment("green") and None
    with pytest.raises(Overtaken, match="green of wine is another one by now"):
        deploy(make_context(OPERATION), traffic=("100",))
    assert sorted(azure.deployments) == ["blue", "green"]


def test_a_late_release_step_leaves_alone_what_the_next_run_has_made(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    cases.serve("blue")
    killed = cases.killed(50)
    deploy(make_context(OPERATION), **OTHER)
    before = azure.state()
    release(killed)
    assert azure.state() == before
    assert not any(killed.kept.values())


@pytest.mark.parametrize("wanted", [OTHER, NEXT])
def test_a_failure_after_another_job_came_between_is_told_as_that(
    cases: Cases, azure: Azure, make_context: Make, wanted: dict[str, Any]
) -> None:
    def fail() -> None:
        deploy(make_context(OPERATION), **wanted)
        raise EndpointTestFailed("it answers no more")

    cases.serve("blue")
    cases.while_watched(fail)
    context = make_context(OPERATION)
    with pytest.raises(Overtaken, match="green of wine is another one by now"):
        deploy(context, **NEXT)
    assert azure.traffic == {"green": 100}
    assert list(azure.deployments) == ["green"]
    assert not any(context.kept.values())


@pytest.mark.parametrize("wanted", [OTHER, NEXT])
def test_a_cancelled_job_leaves_alone_what_another_one_has_made(
    cases: Cases, azure: Azure, make_context: Make, wanted: dict[str, Any]
) -> None:
    def cancel() -> None:
        deploy(make_context(OPERATION), **wanted)
        raise Cancelled(signal.SIGTERM)

    cases.serve("blue")
    cases.while_watched(cancel)
    context = make_context(OPERATION)
    with pytest.raises(Cancelled):
        deploy(context, **NEXT)
    release(context)
    assert azure.traffic == {"green": 100}
    assert list(azure.deployments) == ["green"]


def test_what_fails_while_another_job_makes_its_own_is_left_to_that(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    """The other one has deleted this one's, and its own isn't there yet."""

    def fail() -> None:
        del azure.deployments["green"]
        assert azure.endpoint is not None
        azure.endpoint["properties"]["traffic"] = {"blue": 100}
        raise EndpointTestFailed("it answers no more")

    cases.serve("blue")
    cases.while_watched(fail)
    azure.calls.clear()
    with pytest.raises(Overtaken, match="green of wine was deleted meanwhile"):
        deploy(make_context(OPERATION), **NEXT)
    assert [one for one in azure.calls if one.startswith("DELETE")] == [
        "DELETE wine/deployments/green"  # before its own came up
    ]


def test_what_is_deleted_while_it_comes_up_is_told(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    cases.serve("blue")
    azure.meanwhile["GET wine/deployments/green"] = lambda: azure.deployments.pop("green") and None
    with pytest.raises(Overtaken, match="green of wine was deleted meanwhile"):
        deploy(make_context(OPERATION), **NEXT)


def test_a_late_job_does_not_begin_where_the_traffic_has_moved(
    cases: Cases, azure: Azure, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases.serve("blue")
    original = serving.body

    states = []

    def slow(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(serving, "body", original)
        deploy(make_context(OPERATION), **OTHER)
        states.append(azure.state())
        return original(*given, **named)

    monkeypatch.setattr(serving, "body", slow)
    with pytest.raises(Overtaken, match="traffic of wine is green 100 %"):
        deploy(make_context(OPERATION), **NEXT)
    assert [azure.state()] == states


def test_a_new_endpoint_that_another_job_deploys_to_stays(azure: Azure, make_context: Make) -> None:
    def another() -> None:
        kept.update(context.kept)
        deploy(make_context(OPERATION))  # the same, on the endpoint that is there by now
        raise Cancelled(signal.SIGTERM)

    kept: dict[str, str] = {}
    azure.meanwhile["POST wine/deployments/blue/getLogs"] = another
    context = make_context(OPERATION)
    with pytest.raises(Cancelled):
        deploy(context)
    context.kept.update(kept)
    release(context)
    assert azure.traffic == {"blue": 100}
    assert list(azure.deployments) == ["blue"]


def test_a_new_endpoint_is_deleted_only_where_nothing_else_is_on_it(
    azure: Azure, make_context: Make
) -> None:
    azure.answers["blue"] = []
    azure.meanwhile["POST wine/deployments/blue/getLogs"] = lambda: (
        azure.put_deployment("mine") and None
    )
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION))
    assert list(azure.deployments) == ["mine"]
    azure.deployments.clear()  # the endpoint is there, and this job hasn't created it
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION))
    assert azure.endpoint is not None
    azure.endpoint = None
    with pytest.raises(EndpointTestFailed):
        deploy(make_context(OPERATION))
    assert azure.endpoint is None


def test_an_endpoint_that_another_job_has_just_created_keeps_its_traffic(
    azure: Azure, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = serving.body

    def slow(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(serving, "body", original)
        deploy(make_context(OPERATION))
        return original(*given, **named)

    monkeypatch.setattr(serving, "body", slow)
    context = make_context(OPERATION)
    with pytest.raises(Overtaken, match="the endpoint wine was created meanwhile"):
        deploy(context)
    assert azure.traffic == {"blue": 100}
    assert not any(context.kept.values())


def test_traffic_that_somebody_gave_to_another_deployment_is_not_taken_back(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    cases.serve("blue")
    killed = cases.killed(50)
    assert azure.endpoint is not None
    azure.put_deployment("mine")
    azure.endpoint["properties"]["traffic"] = {"green": 50, "mine": 50}
    before = azure.state()
    release(killed)
    assert azure.state() == before


def test_a_late_release_step_gives_nothing_to_what_has_the_name_of_the_one_that_served(
    cases: Cases, azure: Azure, make_context: Make
) -> None:
    """A job is killed right after its 100 per cent; another one tries its own in the old slot."""
    cases.serve("blue")
    killed = cases.killed(50)
    deploy(make_context(OPERATION), **NEXT)  # green serves, blue is gone
    assert azure.endpoint is not None
    azure.endpoint["properties"]["traffic"] = {"green": 100}
    azure.deployments["green"]["properties"]["properties"][ORIGIN] = json.loads(
        killed.kept["rollout"]
    )["origin"]
    azure.put_deployment("blue")
    before = azure.state()
    release(killed)
    assert azure.state() == before


def test_where_nobody_answers_whose_it_is_the_first_error_is_told(
    cases: Cases, azure: Azure, make_context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        monkeypatch.setattr(online, "find_deployment", unanswered)
        raise EndpointTestFailed("no column a")

    def unanswered(*_: Any, **__: Any) -> None:
        raise Unreachable("connection reset")

    cases.serve("blue")
    monkeypatch.setattr(trying, "smoke_test", fail)
    with pytest.raises(EndpointTestFailed, match="no column a"):
        deploy(make_context(OPERATION), **NEXT)
