from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests_mock as mocking

from modelyard.clock import FakeClock
from modelyard.credentials import StaticToken
from modelyard.databricks import connection
from modelyard.databricks.clusters import libraries, library_spec
from modelyard.databricks.clusters.library_spec import Library, parse
from modelyard.errors import ClusterFailed, InputError, LibraryFailed, UnknownState, WaitTimeout
from modelyard.http import Session
from unit.cluster_workspace import HOST, ClusterWorkspace

SKLEARN = {"pypi": {"package": "scikit-learn==1.5.0"}}
WHEEL = {"whl": "/Volumes/c/s/v/ours-1.0-py3-none-any.whl"}


@pytest.fixture
def workspace() -> Iterator[ClusterWorkspace]:
    with mocking.Mocker() as mocker:
        yield ClusterWorkspace(mocker)


@pytest.fixture
def session(clock: FakeClock) -> Session:
    return connection.connect(HOST, StaticToken("made-up"), clock=clock)


def there(workspace: ClusterWorkspace, cluster_id: str, *found: tuple[Any, str]) -> None:
    workspace.libraries[cluster_id] = [{"library": lib, "status": one} for lib, one in found]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("scikit-learn==1.5.0", SKLEARN),
        ("  scikit-learn == 1.5.0 ", SKLEARN),
        (SKLEARN, SKLEARN),
        ("a-sdk[databricks]==1.0.45", {"pypi": {"package": "a-sdk[databricks]==1.0.45"}}),
        ("git+https://example.org/x.git", {"pypi": {"package": "git+https://example.org/x.git"}}),
        ("/Volumes/c/s/v/ours-1.0-py3-none-any.whl", WHEEL),
        ("dbfs:/jars/a.jar", {"jar": "dbfs:/jars/a.jar"}),
        ("/Workspace/r/requirements.txt", {"requirements": "/Workspace/r/requirements.txt"}),
        ({"maven": {"coordinates": "g:a:1"}}, {"maven": {"coordinates": "g:a:1"}}),
        ({"cran": {"package": "ada", "repo": ""}}, {"cran": {"package": "ada"}}),
        ("x == 1; os_name == 'nt'", {"pypi": {"package": "x==1; os_name == 'nt'"}}),
    ],
)
def test_what_a_library_may_look_like(item: Any, expected: Any) -> None:
    assert [one.body for one in parse([item])] == [expected]


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ("dist/ours.whl", "no cluster can see"),
        ({"whl": "ours.whl"}, "no cluster can see"),
        ("two words", "is no requirement"),
        ("-r requirements", "is no requirement"),
        ("g:a:1", "is no requirement"),
        ("", "is no requirement"),
        ({"pipy": {"package": "x"}}, "pipy.*pypi, whl, jar"),
        ({"pypi": "x"}, "pypi needs package"),
        ({"pypi": {}}, "pypi needs package"),
        ({"pypi": {"package": "x"}, "jar": "y"}, "item 2 is"),
        (7, "item 2 is 7"),
    ],
)
def test_what_is_no_library_is_told_with_its_place(item: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        parse([SKLEARN, item])
    assert "libraries, item 2" in caught.value.what


@pytest.mark.parametrize("value", [None, "x==1", {"cluster_id": "1"}, 3])
def test_libraries_are_a_list(value: Any) -> None:
    with pytest.raises(InputError, match="libraries isn't a list"):
        parse(value)


def test_the_body_of_the_rest_call_is_taken_too_and_doubles_count_once() -> None:
    body = {"cluster_id": "1", "libraries": [SKLEARN, WHEEL, "scikit-learn==1.5.0"]}
    assert [one.body for one in parse(body)] == [SKLEARN, WHEEL]


def test_the_project_of_a_requirement_is_in_one_spelling() -> None:
    (one,) = parse(["Scikit_Learn[extra]>=1"])
    assert one.project == "scikit-learn"
    assert parse([WHEEL])[0].project == ""


def test_only_the_same_specification_counts_as_there(
    workspace: ClusterWorkspace, session: Session
) -> None:
    there(
        workspace,
        "1",
        (SKLEARN, "INSTALLED"),
        ({"pypi": {"package": "pandas==2.0"}}, "INSTALLED"),
        (WHEEL, "FAILED"),
        ({"pypi": {"package": "going"}}, "UNINSTALL_ON_RESTART"),
        ({"pypi": {"package": "coming"}}, "RESOLVING"),
        ({"pypi": {"package": "back"}}, "RESTORED"),
    )
    asked = parse(["scikit-learn==1.5.0", "pandas==2.1", WHEEL, "going", "coming", "back"])
    absent = libraries.missing(asked, libraries.statuses(session, "1"))
    assert [one.title for one in absent] == [
        "pypi pandas==2.1",
        f"whl {WHEEL['whl']}",
        "pypi going",
    ]


def test_a_cluster_without_libraries_has_none(
    workspace: ClusterWorkspace, session: Session
) -> None:
    assert libraries.statuses(session, "1") == ()


def usable(session: Session, cluster_id: str, *asked: Any, **more: Any) -> tuple[Any, ...]:
    return libraries.until_usable(session, cluster_id, parse(list(asked)), timeout=300, **more)


def test_ready_is_when_the_last_library_is_installed(
    workspace: ClusterWorkspace, session: Session, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (SKLEARN, "INSTALLED"), (WHEEL, "INSTALLED"))
    for state in ("PENDING", "RESOLVING", "INSTALLING"):
        both = [{"library": SKLEARN, "status": "INSTALLED"}, {"library": WHEEL, "status": state}]
        workspace.answer_once("libraries/cluster-status", 200, library_statuses=both)
    last = usable(session, cluster_id, SKLEARN, WHEEL)
    assert {one.status for one in last} == {"INSTALLED"}
    assert len(clock.slept) == 3


def test_every_failure_is_listed_with_pips_words_and_only_at_the_end(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (SKLEARN, "INSTALLED"), (WHEEL, "FAILED"))
    workspace.libraries[cluster_id][1]["messages"] = ["ERROR: bad wheel", "second line"]
    nothing = {"pypi": {"package": "no-such==9"}}
    workspace.libraries[cluster_id].append({"library": nothing, "status": "PENDING"})
    workspace.library_outcome = lambda _: {
        "status": "FAILED",
        "messages": ["No matching distribution found for no-such==9"],
    }
    with pytest.raises(LibraryFailed) as caught:
        usable(session, cluster_id)
    for part in (
        "2 of 3 libraries",
        "pypi no-such==9: No matching distribution found for no-such==9",
        "ERROR: bad wheel\nsecond line",
    ):
        assert part in caught.value.what


def test_a_skipped_library_is_an_error_unless_it_is_for_all_clusters(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (WHEEL, "SKIPPED"))
    with pytest.raises(LibraryFailed, match="doesn't suit the cluster's runtime"):
        usable(session, cluster_id)
    workspace.libraries[cluster_id][0]["is_library_for_all_clusters"] = True
    usable(session, cluster_id)


def test_restored_is_installed_and_leaving_is_not_waited_for(
    workspace: ClusterWorkspace, session: Session, clock: FakeClock
) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (SKLEARN, "RESTORED"), (WHEEL, "UNINSTALL_ON_RESTART"))
    usable(session, cluster_id, SKLEARN)
    assert clock.slept == []


def test_a_state_nobody_knows_fails(workspace: ClusterWorkspace, session: Session) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (SKLEARN, "BAKING"))
    with pytest.raises(UnknownState, match="BAKING"):
        usable(session, cluster_id)


def test_a_cluster_that_dies_meanwhile_ends_the_wait(
    workspace: ClusterWorkspace, session: Session
) -> None:
    reason = {"code": "DRIVER_UNREACHABLE", "type": "SERVICE_FAULT"}
    cluster_id = workspace.add("ml", "TERMINATED", termination_reason=reason)
    there(workspace, cluster_id, (SKLEARN, "INSTALLING"))
    with pytest.raises(ClusterFailed, match="DRIVER_UNREACHABLE"):
        usable(session, cluster_id, SKLEARN)


def test_what_was_asked_for_just_now_may_be_listed_late(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml")
    workspace.libraries[cluster_id] = [{"library": SKLEARN, "status": "INSTALLED"}]
    workspace.answer_once("libraries/cluster-status", 200)
    assert len(usable(session, cluster_id, SKLEARN, requested=parse([SKLEARN]))) == 1


def test_one_that_is_never_listed_is_not_taken_for_installed(
    workspace: ClusterWorkspace, session: Session
) -> None:
    with pytest.raises(WaitTimeout, match=r"scikit-learn==1\.5\.0 not listed yet"):
        usable(session, workspace.add("ml"), SKLEARN)


def test_the_failure_of_an_earlier_attempt_is_not_taken_for_the_new_one(
    workspace: ClusterWorkspace, session: Session
) -> None:
    cluster_id = workspace.add("ml")
    failed = {"library": SKLEARN, "status": "FAILED", "messages": ["old"]}
    old: dict[str, Any] = {"library_statuses": [failed]}
    workspace.libraries[cluster_id] = [{"library": SKLEARN, "status": "INSTALLED"}]
    workspace.answer_once("libraries/cluster-status", 200, **old)
    usable(session, cluster_id, SKLEARN, requested=parse([SKLEARN]))
    workspace.answer_once("libraries/cluster-status", 200, **old)
    with pytest.raises(LibraryFailed, match="old"):
        usable(session, cluster_id, SKLEARN)


def test_very_long_messages_keep_their_end(workspace: ClusterWorkspace, session: Session) -> None:
    cluster_id = workspace.add("ml")
    there(workspace, cluster_id, (WHEEL, "FAILED"))
    workspace.libraries[cluster_id][0]["messages"] = ["x" * 9000 + "the cause"]
    with pytest.raises(LibraryFailed) as caught:
        usable(session, cluster_id)
    assert len(caught.value.what) < 4000
    assert "the cause" in caught.value.what


def test_a_kind_that_this_version_does_not_know_still_has_a_name() -> None:
    assert library_spec.of({"conda": {"package": "x"}}).title.startswith("conda ")
    assert isinstance(library_spec.of({}), Library)
