from __future__ import annotations

from modelyard.local.runner.variables import Variable, Variables, environment_name


def test_names_are_compared_without_regard_to_case() -> None:
    variables = Variables([Variable("Build.BuildId", "7")])
    assert variables.value("BUILD.buildid") == "7"
    assert variables.expand("$(build.BUILDID)") == "7"


def test_what_was_secret_or_read_only_stays_so() -> None:
    variables = Variables([Variable("a", "1", secret=True), Variable("b", "1", read_only=True)])
    assert variables.set(Variable("A", "2")).secret
    assert variables.set(Variable("b", "2")).read_only
    assert variables.value("a") == "2"


def test_a_value_is_not_expanded_again() -> None:
    variables = Variables([Variable("a", "$(b)"), Variable("b", "no")])
    assert variables.expand("$(a)$(a)") == "$(b)$(b)"


def test_macros_that_name_nothing_stay() -> None:
    variables = Variables([Variable("a", "1")])
    assert variables.expand("$() $(x) $(x$(a) $(a") == "$() $(x) $(x1 $(a"


def test_variables_of_a_step_are_its_own() -> None:
    job = Variables([Variable("a", "1")])
    assert job.with_more([Variable("a", "2")]).value("a") == "2"
    assert job.value("a") == "1"


def test_names_in_the_environment() -> None:
    assert environment_name("Build.Source Branch-x") == "BUILD_SOURCE_BRANCH-X"
    assert environment_name("a.b", preserve_case=True) == "a_b"
