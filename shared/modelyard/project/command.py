"""The command ``modelyard setup``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from modelyard.azure.identity.ways import Job
from modelyard.clock import SystemClock
from modelyard.documentation import page
from modelyard.errors import AlreadyExists, Cancelled, FileError, InputError, ModelyardError
from modelyard.masking import Masker
from modelyard.project import bicep, document, printing, secret_values, tenant
from modelyard.project.fields import Mistakes, Section
from modelyard.project.plan import Plan
from modelyard.project.progress import Progress
from modelyard.project.surroundings import Surroundings, platform
from modelyard.project_errors import HalfDone
from modelyard.reading import nearest
from modelyard.secret_references import is_reference
from modelyard.signals import Signals

PLATFORMS = {
    "azure-devops": "modelyard.project.devops",
    "github": "modelyard.project.github",
}
"""Each by the module that knows it (:class:`surroundings.Platform`), imported when it is needed."""
SECTIONS = ("azure", "azure-devops", "github")


def main(arguments: Sequence[str], job: Job) -> int:
    """``modelyard setup PLATFORM [OPTIONS]``.

    :param job: where it runs.
    :returns: 1 when ``--check`` finds something that isn't as the file has it, else 0.
    :raises Cancelled: by SIGINT or SIGTERM, when standard error has said what is done.
    """
    options = _options(arguments)
    masker, progress, signals = Masker(), Progress(), Signals()

    def write(line: str) -> None:
        print(masker.clean(line), flush=True)  # noqa: T201
        signals.check()  # before the first change, and after each

    try:
        with signals.installed():
            return _set_up(options, masker, write, job, progress)
    except Cancelled as stop:
        sys.stderr.write(masker.clean(f"stopped by {stop.signal_name}: {progress.said()}\n"))
        raise
    except ModelyardError as error:
        error.what, error.cause, error.fix = map(masker.clean, (error.what, error.cause, error.fix))
        raise


def _set_up(
    options: argparse.Namespace,
    masker: Masker,
    write: Callable[[str], None],
    job: Job,
    progress: Progress,
) -> int:
    path = Path(options.file)
    mistakes = Mistakes()
    tree = document.read(path, options.set)
    root = Section(tree, "", SECTIONS, mistakes)
    hidden = frozenset(secret_values.variables(document.texts(tree)))
    for name in hidden:  # before anything is printed: what is there already may hold one
        if (secret := os.environ.get(name, "")) and not is_reference(secret):
            masker.add(secret)
    known = platform(importlib.import_module(PLATFORMS[options.platform]))
    section = root.section(options.platform, known.KEYS)
    if section is None:
        mistakes.check()
        raise FileError(
            f"{path} has no section {options.platform}",
            fix=f"{page('setup')} shows what it holds",
        )
    if options.bicep:
        _check_bicep(Path(options.bicep), root)
    surroundings = Surroundings(
        environment=dict(os.environ),
        clock=SystemClock(),
        folder=path.resolve().parent,
        write=write,
        masker=masker,
        job=job,
        tenant=tenant.read(root),
        with_az=options.with_az,
        renew_secrets=options.renew_secrets,
        hidden=hidden,
    )
    plan = known.plan(section, surroundings)
    for line in printing.plan_lines(plan):
        write(line)
    if options.check or options.dry_run:
        return _look(plan, options, surroundings)
    surroundings.secrets.read_all(plan.needs)
    _carry_out(plan, write, progress)
    _by_hand(plan, surroundings)
    write("")
    for line in printing.link_lines(list(plan.links())):
        write(line)
    if options.bicep:
        _write_bicep(Path(options.bicep), plan, surroundings)
    return 0


def _look(plan: Plan, options: argparse.Namespace, surroundings: Surroundings) -> int:
    """The end of a run that changes nothing."""
    _by_hand(plan, surroundings)
    if options.bicep:
        surroundings.write(f"{options.bicep} isn't written now, as nothing is")
    if plan.untold:
        names = ", ".join(plan.untold)
        surroundings.write(f"\nwhom to trust for {names} is told by the run that makes it")
    if options.check:  # it may run where the secrets aren't
        if plan.warnings and not plan.writes:
            surroundings.write("\n--check ends with 1 because of the warning")
        return int(plan.writes or bool(plan.warnings))
    surroundings.secrets.read_all(plan.needs)
    return 0


def _carry_out(plan: Plan, write: Callable[[str], None], progress: Progress) -> None:
    wanted = [one for one in plan.changes if one.writes]
    if wanted:
        write("")
        plan.begin()
    for change in progress.through(wanted):
        assert change.apply is not None
        try:
            change.apply()
        except ModelyardError as error:
            what = f"{change.kind} {change.name}: {error.what}"
            if isinstance(error, AlreadyExists) and not error.fix:
                error.cause = "somebody, or another run of this command, made it in the meantime"
                error.fix = "look at what is there (--dry-run shows the difference)"
            if not progress.done:
                error.what = what
                if isinstance(error, AlreadyExists):
                    error.fix = f"{error.fix}; then run this again"
                raise
            raise HalfDone(
                f"{what}\n{progress.done} of {len(wanted)} changes are done, this one and those "
                "after it aren't",
                cause=error.cause,
                fix=f"{error.fix}; then run this again: it goes on from here" if error.fix else "",
            ) from None
        write(printing.done_line(change))


def _by_hand(plan: Plan, surroundings: Surroundings) -> None:
    if surroundings.az is not None:
        return
    if lines := list(tenant.by_hand(surroundings.tenant, list(plan.federations()))):
        surroundings.write("")
        for line in lines:
            surroundings.write(line)


def _check_bicep(path: Path, root: Section) -> None:
    """Before the first change: the file itself is written after the last."""
    if not root.has("azure"):
        raise InputError(
            "--bicep needs the section azure of the file",
            fix=f"name the application and its roles there: {page('setup')}",
        )
    if path.is_file() and not path.read_text(encoding="utf-8", errors="replace").startswith(
        bicep.BEGINNING
    ):
        raise InputError(
            f"--bicep {path} is there, and isn't a file that this command has written",
            fix="name another file",
        )
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(
            f"--bicep {path} isn't a file in a folder that is there",
            fix="write for example --bicep tenant.bicep",
        )


def _write_bicep(path: Path, plan: Plan, surroundings: Surroundings) -> None:
    assert surroundings.tenant is not None  # looked at before the first change
    text = bicep.text(surroundings.tenant, list(plan.federations()))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileError(
            f"{path} can't be written: {error.strerror}", fix="name a file that this user may write"
        ) from None
    surroundings.write(f"written: {path}")


class _Parser(argparse.ArgumentParser):
    """Its mistakes are errors like any other."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message, fix="see modelyard setup --help")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="modelyard setup",
        description="Creates or updates what a project needs, from modelyard.yml. A second run "
        f"changes nothing. See {page('setup')}",
        allow_abbrev=False,
    )
    parser.add_argument("platform", metavar="|".join(PLATFORMS), help="what to set up")
    parser.add_argument("--file", default=document.DEFAULT, help="default: %(default)s")
    parser.add_argument("--dry-run", action="store_true", help="show the changes, make none")
    parser.add_argument(
        "--check", action="store_true", help="like --dry-run; exits 1 when there are changes"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="lay a value over the file: azure-devops.project=Wine or azureDevops.project=Wine",
    )
    parser.add_argument(
        "--with-az",
        action="store_true",
        help="do with az what needs rights in the tenant, in place of printing the commands",
    )
    parser.add_argument(
        "--renew-secrets",
        action="store_true",
        help="set secrets that are there again: their values can't be compared",
    )
    parser.add_argument("--bicep", default="", metavar="FILE", help="write the same as Bicep")
    options = parser.parse_args(arguments)
    if options.platform not in PLATFORMS:
        raise InputError(
            f"there is nothing to set up that is called {options.platform}"
            f"{nearest(options.platform, PLATFORMS)}",
            fix=f"it is one of {', '.join(PLATFORMS)}",
        )
    return options
