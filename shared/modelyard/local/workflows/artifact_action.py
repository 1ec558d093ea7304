"""What ``actions/upload-artifact`` and ``actions/download-artifact`` do, with a folder in place of
GitHub's store. A program of its own, started by the step.

Source: README and ``action.yml`` of actions/upload-artifact 7 and actions/download-artifact 8: a
pattern matches what is below a folder too, hidden files are left out unless asked for, the
folder of an artifact begins where the pattern has its first wildcard, or at what several
patterns have in common.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from modelyard.local.runner.builtin.glob import find
from modelyard.local.workflows.artifact_patterns import Pattern, root_of
from modelyard.reading import FALSE, TRUE

_FORBIDDEN = frozenset('\\/":<>|*?\r\n')


class ActionError(Exception):
    """The step fails, and says so."""


def main() -> int:
    """``upload FOLDER`` or ``download FOLDER``; returns the exit code."""
    verb, folder = sys.argv[1:]
    perform = upload if verb == "upload" else download
    try:
        outputs = perform(Path(folder), os.environ)
    except (ActionError, OSError) as error:
        sys.stdout.write(f"::error::{error}\n")
        return 1
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())
    return 0


def upload(store: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Keep files under a name; returns the outputs.

    :raises ActionError: when there are none, or the name is taken.
    """
    get = _inputs(environment)
    patterns = [Pattern.of(line, Path.cwd()) for line in get("path").splitlines() if line.strip()]
    if not any(one.includes for one in patterns):
        raise ActionError("the input path is empty")
    files = _chosen(patterns, _truth("include-hidden-files", get("include-hidden-files")))
    name = get("name") or "artifact"
    single = get("archive").lower() in FALSE
    if single:
        if len(files) != 1:
            raise ActionError(f"archive: false takes one file, and {len(files)} were found")
        name = files[0].name
    if not name.strip(".") or _FORBIDDEN & set(name):
        raise ActionError(f"{name!r} can't be the name of an artifact")
    if not files:
        return _nothing(get("path"), get("if-no-files-found") or "warn")
    root = files[0].parent if single else root_of(patterns)
    target = store / name
    _keep(files, root, target, overwrite=_truth("overwrite", get("overwrite")))
    plural = "" if len(files) == 1 else "s"
    sys.stdout.write(f"Artifact {name}: {len(files)} file{plural}\n")
    return {
        "artifact-id": str(_id(name)),
        "artifact-url": target.resolve().as_uri(),
        "artifact-digest": _digest(target),
    }


def download(store: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Copy artifacts to where they are wanted; returns the outputs.

    :raises ActionError: when there is none of the name.
    """
    get = _inputs(environment)
    target = Path(get("path") or environment.get("GITHUB_WORKSPACE") or ".").expanduser()
    known = sorted(one.name for one in store.iterdir() if one.is_dir() and one.name[:1] != ".")
    name, ids = get("name"), [one.strip() for one in get("artifact-ids").split(",") if one.strip()]
    if name and ids:
        raise ActionError("name and artifact-ids can't both be given")
    if name:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise ActionError(f"there is no artifact {name} in this run, only: {listed}")
        chosen = [name]
    elif ids:
        chosen = [one for one in known if str(_id(one)) in ids]
        if len(chosen) != len(ids):
            raise ActionError(f"this run has no artifacts of the ids {', '.join(ids)}")
    else:
        chosen = fnmatch.filter(known, get("pattern") or "*")
    together = bool(name) or _truth("merge-multiple", get("merge-multiple"))
    together = together or (bool(ids) and len(chosen) == 1)
    target.mkdir(parents=True, exist_ok=True)
    for one in chosen:
        shutil.copytree(store / one, target if together else target / one, dirs_exist_ok=True)
        sys.stdout.write(f"Artifact {one} to {target}\n")
    return {"download-path": str(target.resolve())}


def _inputs(environment: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: environment.get(f"INPUT_{name.upper()}", "").strip()


def _truth(name: str, text: str) -> bool:
    if text and text.lower() not in TRUE | FALSE:
        raise ActionError(f"{name} is true or false, not {text!r}")
    return text.lower() in TRUE


def _chosen(patterns: list[Pattern], hidden: bool) -> list[Path]:
    chosen: dict[str, None] = {}
    for one in patterns:
        if not one.includes:
            chosen = {path: None for path in chosen if not one.matches(path)}
            continue
        for path in find(one.folder):
            if one.matches(path) and (hidden or not one.is_hidden(path)):
                chosen[path] = None
    return [Path(path) for path in chosen if Path(path).is_file()]


def _nothing(path: str, wanted: str) -> dict[str, str]:
    message = f"no files were found for {path!r}"
    if wanted == "error":
        raise ActionError(message)
    if wanted not in ("warn", "ignore"):
        raise ActionError(f"if-no-files-found is warn, error or ignore, not {wanted!r}")
    if wanted == "warn":
        sys.stdout.write(f"::warning::{message}: no artifact was made\n")
    return {}


def _keep(files: list[Path], root: Path, target: Path, *, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        raise ActionError(f"the run has an artifact {target.name} already (overwrite: true)")
    scratch = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    scratch.chmod(0o755)
    for file in files:
        copy = scratch / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
    if overwrite:
        shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)


def _id(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()
