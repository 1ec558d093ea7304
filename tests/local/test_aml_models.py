"""Models of Azure ML: registered by model-register and by the real SDK, each reads the other's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aml_workplace import MISSING, Workplace
from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.environment import program_environment

CLOUD_SERVICES = ("entra", "arm", "storage", "aml")
pytestmark = pytest.mark.skipif(MISSING, reason="MODELYARD_AZUREML names no environment")
WORKSPACE = {"workspace_name": "wine", "resource_group": "modelyard-local"}


@pytest.fixture
def place(cloud: LocalCloud, tmp_path: Path) -> Iterator[Workplace]:
    """A new workspace, and a repository with a model."""
    made = Workplace(cloud, program_environment(cloud.environment), tmp_path)
    assert made.run("aml-workspace", **WORKSPACE).code == 0
    (tmp_path / "model/data").mkdir(parents=True)
    (tmp_path / "model/MLmodel").write_text("flavors: {}\n")
    (tmp_path / "model/data/weights.bin").write_bytes(b"\x00\x01" * 500)
    (tmp_path / "scaler.json").write_text('{"mean": 1}')
    yield made
    cloud.reset()


def register(place: Workplace, **inputs: str) -> dict[str, str]:
    done = place.run("model-register", **WORKSPACE, **{"name": "wine", "model": "model", **inputs})
    assert done.code == 0, done.log
    return done.outputs


def test_the_sdk_finds_and_downloads_what_was_registered(place: Workplace) -> None:
    made = register(place, run_id="run-7", tags="team: wine", description="of wine")
    assert (made["action"], made["model"]) == ("registered", "wine:1")
    told = place.sdk("""
        found = ml.models.get("wine", label="latest")
        tell(version=found.version, type=found.type, tags=found.tags, text=found.description)
        tell(id=found.id)
        ml.models.download("wine", "1", download_path="got")
    """).told
    assert (told["version"], told["type"], told["text"]) == ("1", "mlflow_model", "of wine")
    assert told["id"] == made["model-id"]
    tags = told["tags"]
    assert (tags["state"], tags["run"], tags["team"]) == ("candidate", "run-7", "wine")
    assert tags["created_by"]
    assert tags["build"]
    assert _same(place.folder / "model", place.folder / "got/wine/model")


def test_a_content_is_registered_once(place: Workplace) -> None:
    first = register(place)
    (place.folder / "model/MLmodel").touch()
    again = register(place, state="other")
    assert (again["action"], again["model"]) == ("left-alone", "wine:1")
    assert again["content-hash"] == first["content-hash"]
    (place.folder / "model/data/weights.bin").write_bytes(b"\x02")
    dry = place.run("model-register", **WORKSPACE, name="wine", model="model", dry_run="true")
    assert (dry.code, dry.outputs["action"]) == (0, "registered")
    assert "would be registered" in dry.log
    other = register(place)
    assert (other["action"], other["model"]) == ("registered", "wine:2")
    assert other["content-hash"] != first["content-hash"]


def test_several_files_make_one_model_and_a_large_one_goes_in_blocks(place: Workplace) -> None:
    large = place.folder / "large.bin"
    with large.open("wb") as file:
        for number in range(35):
            file.write(bytes([number]) * 1024 * 1024)
    made = register(place, name="several", model="model\nscaler.json\nlarge.bin")
    told = place.sdk("""
        tell(type=ml.models.get("several", "1").type)
        ml.models.download("several", "1", download_path="got")
    """).told
    assert told["type"] == "custom_model"
    got = place.folder / "got/several/model"
    assert _same(large, got / "large.bin")
    assert _same(place.folder / "model", got / "model")
    assert (got / "scaler.json").read_text() == '{"mean": 1}'
    assert made["model"] == "several:1"


def test_the_next_version_follows_one_of_the_sdk(place: Workplace) -> None:
    place.sdk("""
        ml.models.create_or_update(Model(name="wine", path="model", version="41"))
    """)
    assert register(place)["model"] == "wine:42"


def test_archived_versions_keep_their_numbers_and_are_not_taken_again(place: Workplace) -> None:
    register(place)
    (place.folder / "model/MLmodel").write_text("flavors: {second: {}}\n")
    assert register(place)["model-version"] == "2"
    seen = place.sdk("""
        from azure.ai.ml.constants import ListViewType
        ml.models.archive("wine", version="2")
        view = ListViewType.ARCHIVED_ONLY
        active = [one.version for one in ml.models.list("wine")]
        archived = [one.version for one in ml.models.list("wine", list_view_type=view)]
        tell(active=active, archived=archived)
    """).told
    assert seen == {"active": ["1"], "archived": ["2"]}
    again = register(place)
    assert (again["model-version"], again["action"]) == ("3", "registered")


def test_faults_on_the_way_are_got_over(place: Workplace) -> None:
    slow = {"Retry-After": "0"}
    place.fault(action="status", path="*/listSecrets", status=429, headers=slow)
    place.fault(action="reset", host="*.blob.core.windows.net", when="after")
    place.fault(action="status", host="*.blob.core.windows.net", status=503, headers=slow)
    assert register(place)["model"] == "wine:1"


def test_what_is_wrong_is_one_clear_error(place: Workplace) -> None:
    inputs = {**WORKSPACE, "name": "wine", "model": "model"}
    wrong = {
        3: {"model": "nowhere"},
        2: {"name": "not a name"},
        14: {"workspace_name": "vino"},
    }
    for code, change in wrong.items():
        done = place.run("model-register", **{**inputs, **change})
        assert done.code == code, done.log
        assert "Traceback" not in done.log
    own = place.run("model-register", **inputs, tags="state: x")
    assert own.code == 2
    place.fault(action="status", host="*.blob.core.windows.net", status=403, times=None)
    refused = place.run("model-register", **inputs)
    assert refused.code == 11, refused.log
    assert "sig=" not in refused.log


def _same(one: Path, other: Path) -> bool:
    done = subprocess.run(["diff", "-r", one, other], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return True
