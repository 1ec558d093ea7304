"""Rights that ``--with-az`` gives: compared with what is there, and settled by one run."""

from __future__ import annotations

from pathlib import Path

import pytest

import az_tenant
from az_tenant import OWN
from modelyard.project import printing
from modelyard.project.az import Az
from modelyard.project.folders import Folder
from modelyard.project.plan import Change
from modelyard.project.roles import Role
from modelyard.project.tenant import Tenant

FILES = ("raw", "raw/2026", "raw/2026/day")


def folder(path: str, rights: str = "rwx") -> Folder:
    return Folder("winelake", "wine", path, rights)


class Setup:
    """A tenant with an application, and the command for it."""

    def __init__(self, folder: Path) -> None:
        self.tenant = az_tenant.Tenant(folder, *FILES)
        self.tenant.keep(app="wine", sp="app-1")
        self.roles: tuple[Role, ...] = ()

    def plan(self, *given: Folder) -> list[Change]:
        """What is not as it should be."""
        environment = {"PATH": f"{self.tenant.programs}:/usr/bin:/bin"}
        wanted = Tenant("", "", "wine", "", self.roles, given)
        changes = Az(environment, wanted).application_changes()
        return [one for one in changes if one.writes]

    def run(self, *given: Folder) -> list[str]:
        """Does it.

        :returns: the lines of the plan.
        """
        plan = self.plan(*given)
        for one in plan:
            assert one.apply is not None
            one.apply()
        return [line.strip() for one in plan for line in printing.change_lines(one)]


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_a_run_settles_it_for_all_that_is_below(setup: Setup) -> None:
    others = "user:you:r--,mask::r--"
    setup.tenant.keep(acls={**setup.tenant.known["acls"], "raw/2026/day": f"{OWN},{others}"})
    assert setup.run(folder("raw/2026")) == [
        "+ data lake folder winelake/wine/raw/2026",
        *("rights: rwx", "way: /, raw"),
    ]
    assert setup.plan(folder("raw/2026")) == []
    day = setup.tenant.known["acls"]["raw/2026/day"]
    assert day.startswith(f"{OWN},{others},user:principal-1:rwx,default:user:principal-1:rwx")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("rights", [("r-x", "rwx"), ("rwx", "r-x")])
def test_a_folder_in_another_one_has_its_own_rights(
    setup: Setup, rights: tuple[str, str], first: bool
) -> None:
    above, below = folder("raw", rights[0]), folder("raw/2026", rights[1])
    given = (below, above) if first else (above, below)
    setup.run(*given)
    assert setup.plan(*given) == []
    assert f"user:principal-1:{rights[1]}" in setup.tenant.known["acls"]["raw/2026/day"]

    # Somebody changes the one above alone: giving it again changes what is below, too.
    setup.tenant.keep(acls={**setup.tenant.known["acls"], "raw": OWN})
    lines = setup.run(*given)
    assert "~ data lake folder winelake/wine/raw/2026" in lines
    assert f"rights: {rights[0]} -> {rights[1]}" in lines
    assert setup.plan(*given) == []


def test_the_nearest_of_several_above_counts(setup: Setup) -> None:
    given = (folder("raw"), folder("raw/2026", "r-x"), folder("raw/2026/day"))
    setup.run(*given)
    setup.tenant.keep(acls={**setup.tenant.known["acls"], "raw": f"{OWN},user:principal-1:--x"})
    setup.run(*given)
    assert setup.plan(*given) == []


def test_one_below_with_the_same_rights_is_left_to_the_one_above(setup: Setup) -> None:
    given = (folder("raw"), folder("raw/2026"))
    setup.run(*given)
    setup.tenant.keep(acls={**setup.tenant.known["acls"], "raw": f"{OWN},user:principal-1:--x"})
    assert [one.name for one in setup.plan(*given)] == ["winelake/wine/raw"]

    # It goes no farther than that one's rights do.
    lists = setup.tenant.known["acls"]
    masked = lists["raw/2026"].replace("mask::rwx", "mask::r--")
    setup.tenant.keep(acls={**lists, "raw/2026": masked})
    setup.run(*given)
    assert setup.plan(*given) == []


def test_a_mask_that_takes_rights_away_is_told_and_widened(setup: Setup) -> None:
    setup.run(folder("raw/2026"))
    lists = setup.tenant.known["acls"]
    narrow = lists["raw/2026"].replace("mask::rwx", "mask::r--")
    setup.tenant.keep(acls={**lists, "raw/2026": narrow})
    assert setup.run(folder("raw/2026")) == [
        "~ data lake folder winelake/wine/raw/2026  (widens the mask of raw/2026)",
        "rights: r-- -> rwx",
    ]
    assert setup.tenant.known["acls"]["raw/2026"] == lists["raw/2026"]


def test_a_mask_on_the_way_is_widened_by_the_right_to_pass(setup: Setup) -> None:
    setup.run(folder("raw/2026"))
    lists = setup.tenant.known["acls"]
    setup.tenant.keep(acls={**lists, "raw": lists["raw"].replace("mask::r-x", "mask::-w-")})
    assert setup.run(folder("raw/2026")) == [
        "~ data lake folder winelake/wine/raw/2026  (widens the mask of raw)",
        "way: / -> /, raw",
    ]
    assert "mask::-wx" in setup.tenant.known["acls"]["raw"]
    assert setup.plan(folder("raw/2026")) == []


def test_a_mask_is_widened_when_an_entry_is_added(setup: Setup) -> None:
    masked = f"{OWN},user:you:rwx,mask::---"
    lists = {"/": f"{OWN},default:mask::---", "raw": masked, "raw/2026": masked}
    setup.tenant.keep(acls={**setup.tenant.known["acls"], **lists})
    (line, *_) = setup.run(folder("raw/2026", "r-x"))
    assert line == "+ data lake folder winelake/wine/raw/2026  (widens the mask of raw, raw/2026)"
    assert setup.plan(folder("raw/2026", "r-x")) == []
    assert "mask::r-x" in setup.tenant.known["acls"]["raw/2026"]


def test_an_application_that_isnt_there_has_no_rights_of_an_owner(setup: Setup) -> None:
    setup.tenant.keep(acls=dict.fromkeys(setup.tenant.known["acls"], f"{OWN},default:user::rwx"))
    setup.tenant.forget("sp")
    line = "+ data lake folder winelake/wine/raw/2026"
    assert line in setup.run(folder("raw/2026"))
    assert setup.plan(folder("raw/2026")) == []


def test_each_role_is_looked_up_by_its_name_and_scope(setup: Setup) -> None:
    setup.roles = tuple(
        Role(name, f"/subscriptions/{scope}")
        for name, scope in (("Reader", "s"), ("Contributor", "s"), ("Reader", "t"))
    )
    there = {"--assignee": "app-1", "--role": "Reader", "--scope": "/subscriptions/s"}
    somebody = {**there, "--assignee": "app-2", "--role": "Contributor"}
    setup.tenant.keep(roles=[there, somebody])
    names = ["Contributor on /subscriptions/s", "Reader on /subscriptions/t"]
    assert [one.name for one in setup.plan()] == names
    setup.run()
    assert setup.plan() == []
