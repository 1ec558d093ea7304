"""The bill of materials: CycloneDX 1.6 in JSON, from the lock files.

Nothing is looked up: names, versions and hashes are those that are committed; the identifier and
the time come from the commit. So the same commit gives the same bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from release import lock_files
from release.lock_files import Locked

SCHEMA = SchemaVersion.V1_6
SCOPES = {
    "core": ComponentScope.REQUIRED,
    "images": ComponentScope.OPTIONAL,
    "setup": ComponentScope.OPTIONAL,
    "local": ComponentScope.OPTIONAL,
    "development": ComponentScope.EXCLUDED,
}
"""What each set of dependencies is to a user: always there, only with the extra or for one
operation, never there."""


def text(root: Path, wheel: Path, *, version: str, commit: str, seconds: int) -> str:
    """The document.

    :param wheel: the package itself, whose hash goes in.
    :param seconds: its time, since 1970.
    :raises ValueError: it doesn't keep to the official schema.
    """
    package = Component(
        name="modelyard",
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"modelyard@{version}",
        purl=PackageURL("pypi", name="modelyard", version=version),
        licenses=[DisjunctiveLicense(id="Apache-2.0")],
        hashes=_hashes([hashlib.sha256(wheel.read_bytes()).hexdigest()]),
        properties=[Property(name="modelyard:commit", value=commit)],
    )
    components = {key: _component(one, sets) for key, (one, sets) in _locked(root).items()}
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{package.purl}?commit={commit}"),
        metadata=BomMetaData(
            component=package,
            timestamp=datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc),
        ),
        components=components.values(),
    )
    # Only what setup.cfg says: the lock files don't tell which package brought another along.
    direct = {canonicalize_name(one.name) for one in lock_files.declared(root)}
    bom.register_dependency(
        package, [one for (name, _), one in components.items() if name in direct]
    )
    made = make_outputter(bom, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    wrong = JsonStrictValidator(SCHEMA).validate_str(made)
    if wrong:
        raise ValueError(f"the bill of materials isn't CycloneDX {SCHEMA.to_version()}: {wrong}")
    return made + "\n"


def _locked(root: Path) -> dict[tuple[str, str], tuple[Locked, list[str]]]:
    """Each package at each version, with the sets that have it, the innermost first."""
    found: dict[tuple[str, str], tuple[Locked, list[str]]] = {}
    for name in lock_files.SETS:
        for one in lock_files.read(root, name):
            found.setdefault((one.name, one.version), (one, []))[1].append(name)
    return found


def _component(locked: Locked, sets: list[str]) -> Component:
    properties = [Property(name="modelyard:dependency-set", value=one) for one in sets]
    if locked.marker:
        properties.append(Property(name="modelyard:marker", value=locked.marker))
    return Component(
        name=locked.name,
        version=locked.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{locked.name}@{locked.version}",
        purl=PackageURL("pypi", name=locked.name, version=locked.version),
        scope=SCOPES[sets[0]],
        hashes=_hashes(locked.hashes),
        properties=properties,
    )


def _hashes(values: Iterable[str]) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in values]
