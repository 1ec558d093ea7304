"""A base image made of this machine's Python: no network, no engine, the same bytes every time.

The interpreter, its standard library, the shared libraries that they load, and those of the C and
C++ run-time that wheels expect (manylinux, https://peps.python.org/pep-0600/), with a shell and a
few small programs. Nothing of the machine's configuration, and none of its Python packages but pip.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from modelyard.errors import ImageFailed, MissingTool
from modelyard.images import interpreters, programs
from modelyard.images.layers import Entry, file_entry, tree

PROGRAMS = ("dash", "env", "ls", "cat", "id", "mkdir", "rm", "cp", "mv", "chmod", "uname", "sleep")
RUNTIME_PACKAGES = ("libc6", "libstdc++6", "libgcc-s1", "libgomp1")
"""Debian packages whose libraries are all there: wheels load them without naming each."""
_NOT_LIBRARIES = ("/gconv/", "/audit/")
_LEFT_OUT = frozenset(
    [
        "test",
        "tests",
        "idlelib",
        "turtledemo",
        "tkinter",
        "ensurepip",
        "lib2to3",
        "__pycache__",
        "site-packages",
        "dist-packages",
    ]
)
_SHARED = re.compile(r"\.so(\.[0-9.]+)?$")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n"
    b"nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": b"root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": b"hosts: files dns\n",
}
_FOLDERS = ("dev", "proc", "sys", "run", "root", "home", "opt", "var/tmp")


def environment() -> dict[str, str]:
    """The variables that the base image sets."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHON_VERSION": _full_version(),
        "SSL_CERT_FILE": str(_CERTIFICATES),
    }


def entries() -> Iterator[Entry]:
    """What is in the image.

    :raises MissingTool: where this isn't Debian or Ubuntu, whose packages say which libraries
        belong to the C run-time.
    """
    if shutil.which("dpkg-query") is None or shutil.which("ldd") is None:
        raise MissingTool(
            "the base image 'host' can't be made on this machine",
            cause="it is made of files of Debian or Ubuntu, and dpkg-query or ldd isn't here",
            fix="name another base image, such as python:3.11-slim",
        )
    for folder in _FOLDERS:
        yield Entry(folder)
    yield Entry("tmp", mode=0o1777)
    for link in ("bin", "lib", "lib64", "sbin"):
        yield Entry(link, link="usr/bin" if link == "sbin" else f"usr/{link}", mode=0o777)
    yield Entry("usr/lib64")
    for path, data in _FILES.items():
        yield Entry(path, data, mode=0o644)
    for file in (Path("/etc/os-release"), _CERTIFICATES):
        if file.is_file():
            yield Entry(str(file).lstrip("/"), file.resolve(), mode=0o644)
    if Path("/usr/share/zoneinfo").is_dir():
        yield from _followed(Path("/usr/share/zoneinfo"), "usr/share/zoneinfo")
    yield from _python()
    yield from _files_and_libraries()


def _python() -> Iterator[Entry]:
    version = interpreters.own_version()
    library = f"usr/local/lib/python{version}"
    for kind in ("stdlib", "platstdlib"):
        yield from _followed(_standard(kind), library)
    # Debian's Python looks into dist-packages, every other into site-packages.
    patched = "posix_local" in sysconfig.get_scheme_names()
    packages = f"{library}/{'dist' if patched else 'site'}-packages"
    yield from _pip(packages)
    yield Entry(f"usr/local/bin/python{version}", interpreters.own().resolve(), mode=0o755)
    for name in ("python3", "python"):
        yield Entry(f"usr/local/bin/{name}", link=f"python{version}", mode=0o777)


def _standard(kind: str) -> Path:
    # In a virtual environment the platform's part would be the environment's own folder.
    places = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    return Path(sysconfig.get_path(kind, "posix_prefix", places)).resolve()


def _pip(packages: str) -> Iterator[Entry]:
    """pip, where it is at hand: an engine may install the packages inside the image."""
    spec = find_spec("pip")
    for location in spec.submodule_search_locations or () if spec else ():
        yield from _followed(Path(location), f"{packages}/pip")


def _followed(folder: Path, target: str) -> Iterator[Entry]:
    """A folder with the files that links in it lead to, in place of the links."""
    links: set[str] = set()

    def keep(name: str) -> bool:
        path = folder / name
        unwanted = path.name in _LEFT_OUT or path.name.startswith(("config-3", "_tkinter", "_test"))
        if path.is_symlink():
            links.add(name)
        return not (unwanted or path.suffix in (".a", ".pyc") or path.is_symlink())

    yield from tree(folder, target, keep)
    for name in sorted(links):
        if (folder / name).resolve().is_file():
            yield file_entry(f"{target}/{name}", (folder / name).resolve())


def _files_and_libraries() -> Iterator[Entry]:
    found = []
    for name in PROGRAMS:
        path = shutil.which(name, path="/usr/bin:/bin")
        if path is not None:
            found.append(Path(path).resolve())
            yield Entry(f"usr/bin/{'sh' if name == 'dash' else name}", found[-1], mode=0o755)
    extensions = sorted((_standard("platstdlib") / "lib-dynload").glob("*.so"))
    wanted = [one for one in extensions if not one.name.startswith(("_tkinter", "_test"))]
    for library in {*_loaded([interpreters.own().resolve(), *wanted, *found]), *_runtime()}:
        yield _library(library)


def _loaded(files: list[Path]) -> set[Path]:
    """The shared libraries that these load, and the loader."""
    output = programs.check(
        ["ldd", *map(str, files)],
        "list the libraries of the interpreter",
        timeout=60,
        environment={**os.environ, "LC_ALL": "C"},
    )
    libraries = set()
    for line in output.splitlines():
        words = line.split()
        if "not found" in line:
            raise ImageFailed(f"the interpreter loads a library that isn't there: {line.strip()}")
        if "=>" in words and words[2].startswith("/"):
            libraries.add(Path(words[2]))
        elif words and words[0].startswith("/lib"):
            libraries.add(Path(words[0]))
    return libraries


def _runtime() -> set[Path]:
    finished = programs.run(["dpkg-query", "--listfiles", *RUNTIME_PACKAGES], timeout=60)
    lines = [line for line in finished.stdout.splitlines() if _SHARED.search(line)]
    return {
        Path(line)
        for line in lines
        if not any(part in line for part in _NOT_LIBRARIES) and Path(line).is_file()
    }


def _library(path: Path) -> Entry:
    """Where the loader looks without a cache; the loader itself where programs name it."""
    if path.name.startswith("ld-linux"):
        target = "usr" + str(path).removeprefix("/usr")
    else:
        triplet = sysconfig.get_config_var("MULTIARCH") or ""
        target = f"usr/lib/{triplet}/{path.name}" if triplet else f"usr/lib/{path.name}"
    return Entry(target, path.resolve(), mode=0o755)


def _full_version() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])
