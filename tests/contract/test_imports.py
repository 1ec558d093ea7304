"""Imports point down: operations -> services -> base modules; ``local/`` stands beside them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard import operations

PACKAGE = Path(operations.__file__).parents[1]
FOREIGN = PACKAGE / "azureml/first_sdk/modelyard_v1"
SERVICES = {"azure", "azureml", "checks", "databricks", "endpoints", "images", "project"}
TOP = {"__main__", "cli", "context", "execution"}
PACKAGES = SERVICES | {"ci", "local", "manifest", "operations"}
OPERATIONS = {name.replace("-", "_") for name in operations.NAMES}
# requests brings urllib3, azure-identity azure-core; the rest is in setup.cfg. azure-devops is in
# the same namespace and no part of the core.
CORE = ("azure.core", "azure.identity", "azure.keyvault", "requests", "urllib3", "yaml")


@dataclass(frozen=True)
class Import:
    """One imported module, as ``a.b.c``; what is imported from a module counts as one."""

    name: str
    line: int
    lazy: bool

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))


def modules() -> list[Path]:
    """All but the program for another environment, which is no part of the package."""
    return sorted(path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(FOREIGN))


def part(path: Path) -> str:
    """The package below modelyard, or the module itself."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def outside_local() -> list[Path]:
    return [path for path in modules() if part(path) != "local"]


def imports(path: Path) -> list[Import]:
    """What a module imports when it runs; ``if TYPE_CHECKING`` is left out."""
    return list(_imports(ast.parse(path.read_text(encoding="utf-8")), lazy=False))


def _imports(node: ast.AST, *, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, lazy) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            for alias in child.names:
                yield Import(f"{child.module}.{alias.name}", child.lineno, lazy)
        inside = lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _imports(child, lazy=inside)


def own(path: Path) -> Iterator[tuple[Import, str]]:
    """Imports of modelyard's own parts, with the part."""
    for one in imports(path):
        if one.parts[0] == "modelyard" and len(one.parts) > 1:
            yield one, one.parts[1]


def broken(paths: list[Path], forbidden: set[str]) -> list[str]:
    """``file:line imports x`` for every import of what is forbidden."""
    return [
        f"{path.relative_to(PACKAGE)}:{one.line} imports {one.name}"
        for path in paths
        for one, imported in own(path)
        if imported in forbidden
    ]


def test_the_modules_are_found() -> None:
    assert len(modules()) > 50
    assert {"http", "ci", "operations", "databricks"} <= {part(path) for path in modules()}
    assert {"operations", "errors", "local"} <= {name for _, name in own(PACKAGE / "cli.py")}


def test_nothing_outside_local_imports_it_but_the_command_line_when_asked() -> None:
    found = [
        (part(path), one.lazy)
        for path in outside_local()
        for one, imported in own(path)
        if imported == "local"
    ]

    assert found == [("cli", True)]


def test_base_modules_import_neither_services_nor_what_is_above() -> None:
    base = [path for path in PACKAGE.glob("*.py") if path.stem not in TOP]

    assert len(base) > 10
    assert broken(base, PACKAGES | TOP) == []


def test_services_know_nothing_of_operations_and_ci_systems() -> None:
    services = [path for path in modules() if part(path) in SERVICES]

    assert services
    assert broken(services, {"operations", "ci", "manifest", "local"} | TOP) == []


def test_ci_systems_know_nothing_of_services_and_operations() -> None:
    systems = [path for path in modules() if part(path) == "ci"]

    assert broken(systems, (PACKAGES - {"ci"}) | TOP) == []


def test_operations_leave_the_ci_system_to_the_context() -> None:
    found = [path for path in modules() if part(path) == "operations"]

    assert broken(found, {"ci", "manifest", "local", "cli", "execution"}) == []


def test_context_and_harness_know_no_operation_and_no_service() -> None:
    harness = [PACKAGE / "context.py", PACKAGE / "execution.py"]

    assert broken(harness, PACKAGES - {"ci"}) == []


def test_no_operation_imports_another() -> None:
    found = [
        f"{path.name}:{one.line} imports {one.name}"
        for path in (PACKAGE / "operations").glob("*.py")
        for one, imported in own(path)
        if imported == "operations" and len(one.parts) > 2 and one.parts[2] in OPERATIONS
    ]

    assert found == []


def test_the_core_needs_only_what_it_installs() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{one.line} imports {one.name}"
        for path in outside_local()
        for one in imports(path)
        if one.parts[0] not in {"modelyard", "__future__", *sys.stdlib_module_names}
        and not any(f"{one.name}.".startswith(f"{core}.") for core in CORE)
        and not one.lazy
    ]

    assert found == []


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ({"operations"}, {"os.environ", "os.getenv", "sys.stdout", "print"}),
        # A service may hand the environment on to a program that it starts.
        (SERVICES | {"operations"}, {"time.sleep", "time.time", "time.monotonic"}),
    ],
)
def test_the_world_comes_from_the_context(parts: set[str], names: set[str]) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno} uses {ast.unparse(node)}"
        for path in modules()
        if part(path) in parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Attribute, ast.Name)) and ast.unparse(node) in names
    ]

    assert found == []


def test_the_program_of_another_environment_needs_nothing_of_this_one() -> None:
    found = [
        f"{path.name}:{node.lineno} imports {name}"
        for path in FOREIGN.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
        if name.split(".")[0] not in {"azureml", "__future__", *sys.stdlib_module_names}
    ]

    assert found == []


def test_modules_are_small() -> None:
    """One concept each: 50 to 250 lines, never over 300."""
    found = [
        f"{path.relative_to(PACKAGE)}: {lines} lines"
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    ]

    assert found == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert {path.stem for path in modules()} & {"utils", "helpers", "common", "misc"} == set()


RUNNER = PACKAGE / "local/runner"
RUNNER_LAYERS: dict[str, tuple[str, ...]] = {
    "expressions": (),
    "pipeline": ("expressions", "variables"),
    # One module each at the top: what a job, a task and a step are, as the agent has them.
    "": ("expressions",),
    "builtin": ("",),
    "engine": ("", "builtin", "expressions", "pipeline"),
    "results": ("", "builtin", "engine", "pipeline.plan"),
    # They are told of a run by its events, and never hold one.
    "display": ("", "engine.events", "engine.questions", "pipeline.plan", "results.history"),
    "report": ("", "display", "pipeline.plan", "results"),
}
"""The runner's packages, each with what of the runner it may import beside itself."""


def runner_imports(package: str) -> Iterator[tuple[str, str]]:
    """``file:line`` and what it imports of the runner, as ``engine.run.result``."""
    folder = RUNNER / package
    for path in folder.rglob("*.py") if package else RUNNER.glob("*.py"):
        for one in imports(path):
            if one.name.startswith("modelyard.local.runner."):
                place = f"{path.relative_to(RUNNER)}:{one.line}"
                yield place, one.name.removeprefix("modelyard.local.runner.")


def is_of(name: str, layer: str) -> bool:
    if layer == "":
        return name.partition(".")[0] not in RUNNER_LAYERS
    return f"{name}.".startswith(f"{layer}.")


@pytest.mark.parametrize("package", RUNNER_LAYERS)
def test_the_runners_packages_import_downwards(package: str) -> None:
    allowed = (package, *RUNNER_LAYERS[package])
    found = list(runner_imports(package))

    assert found or package == ""
    assert [
        f"{place} imports {name}"
        for place, name in found
        if not any(is_of(name, layer) for layer in allowed)
    ] == []


def test_every_package_of_the_runner_has_its_layer() -> None:
    packages = {path.parent.name for path in RUNNER.glob("*/__init__.py")}

    assert packages == {*RUNNER_LAYERS} - {""}


LOCAL = PACKAGE / "local"
LOCAL_LAYERS: dict[str, tuple[str, ...]] = {
    # One module each: what every sub-command is made with; parts as programs; finding what a run
    # has started, and ending it when the run is killed.
    "arguments": (),
    "own_program": (),
    "process_family": (),
    "watcher": ("own_program", "process_family"),
    "runner": ("own_program", "process_family", "watcher"),
    "notebook": ("process_family",),
    "cloud": ("arguments", "notebook"),
    "workflows": ("own_program", "process_family", "runner", "watcher"),
    # What a person types: brings the others together, and none of them knows it.
    "commands": ("arguments", "cloud", "own_program", "runner", "watcher", "workflows"),
}
"""The parts of ``local/``, each with what of it they may import beside themselves."""


def local_imports(layer: str) -> Iterator[tuple[str, str]]:
    """``file:line`` and what it imports of ``local/``, as ``runner.engine.run``."""
    single = LOCAL / f"{layer}.py"
    for path in [single] if single.exists() else (LOCAL / layer).rglob("*.py"):
        for one in imports(path):
            if one.name.startswith("modelyard.local."):
                place = f"{path.relative_to(LOCAL)}:{one.line}"
                yield place, one.name.removeprefix("modelyard.local.")


@pytest.mark.parametrize("layer", LOCAL_LAYERS)
def test_the_parts_of_local_import_downwards(layer: str) -> None:
    allowed = {layer, *LOCAL_LAYERS[layer]}
    found = list(local_imports(layer))

    assert found or layer in ("arguments", "own_program", "process_family")
    assert [
        f"{place} imports {name}" for place, name in found if name.partition(".")[0] not in allowed
    ] == []


def test_no_two_parts_of_local_may_import_each_other() -> None:
    """Each may only name parts that stand before it."""
    order = list(LOCAL_LAYERS)

    assert all(
        order.index(below) < order.index(layer)
        for layer, allowed in LOCAL_LAYERS.items()
        for below in allowed
    )


def test_every_part_of_local_has_its_layer() -> None:
    parts = {path.stem for path in LOCAL.glob("*.py")} - {"__init__"}

    assert parts | {path.parent.name for path in LOCAL.glob("*/__init__.py")} == {*LOCAL_LAYERS}


def test_commands_are_brought_together_above_pipelines_and_workflows() -> None:
    """A pipeline's command knows nothing of workflows, but for the words of its options."""
    above = {"dispatch", "run_options"}
    found = [
        f"{path.name}:{one.line} imports {one.name}"
        for path in (LOCAL / "commands").glob("*.py")
        if not path.stem.startswith("workflow_") and path.stem not in above
        for one in imports(path)
        if one.name.startswith("modelyard.local.workflows.")
    ]

    assert found == []
