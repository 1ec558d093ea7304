"""What the extension holds and what its manifest says."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from release.refusal import Refused
from release.task_folders import TaskFolder

from modelyard import operations
from modelyard.manifest.wrapper import lock_file
from release import archive, extension
from release_clone import NOW, ROOT, Clone
from tfx_stand_in import packer

WHEEL = f"modelyard-{NOW}-0task-py3-none-any.whl"
PARTS = ("[Content_Types].xml", "LICENSE.txt", "extension.vsixmanifest", "extension.vsomanifest",
         "icon.png", "overview.md")  # fmt: skip


def folder(operation) -> str:
    return f"{operation.task_name}/{operation.task_name}V1"


def test_it_holds_each_task_whole_and_no_waste(released) -> None:
    launcher = released.clone.git("ls-files", "shared/launcher").split()
    wanted = set(PARTS)
    for one in operations.every():
        lock = f"requirements/{lock_file(one)}"
        names = ["task.json", "icon.png", "launch.json", "main.js", WHEEL, lock]
        names += ["post.js"] if one.release else []
        names += [path.removeprefix("shared/") for path in launcher if not path.endswith(".md")]
        wanted |= {f"{folder(one)}/{name}" for name in names}
    assert set(released.vsix) == wanted


def test_the_files_are_those_of_the_repository(released) -> None:
    wheel = released.task_wheel
    for one in operations.every():
        head = f"{folder(one)}/"
        vsix = released.vsix.items()
        held = {name.removeprefix(head): it for name, it in vsix if name.startswith(head)}
        assert held[WHEEL] == wheel
        for name, source in (
            ("task.json", f"tasks/{one.task_name}V1/task.json"),
            ("icon.png", f"tasks/{one.task_name}V1/icon.png"),
            ("launcher/main.js", "shared/launcher/main.js"),
            (f"requirements/{lock_file(one)}", f"requirements/{lock_file(one)}"),
        ):
            assert held[name] == (released.clone.path / source).read_bytes()
        launch = json.loads(held["launch.json"])
        assert launch["library"] == WHEEL
        assert launch["version"] == NOW
        assert b"../" not in held["main.js"] + held["launch.json"]


def test_nothing_tells_where_it_was_built(released) -> None:
    for name, content in released.vsix.items():
        assert str(released.clone.path).encode() not in content, name
        assert b"/tmp/" not in content or name.endswith((".whl", ".js")), name


def test_the_manifest(released) -> None:
    manifest = json.loads(released.vsix["extension.vsomanifest"])
    contributions = {one["id"]: one for one in manifest["contributions"]}
    assert list(contributions) == list(operations.NAMES)
    for one in operations.every():
        made = contributions[one.name]
        assert made["type"] == "ms.vss-distributed-task.task"
        assert made["targets"] == ["ms.vss-distributed-task.tasks"]
        # Azure DevOps looks for task.json there and one level below.
        assert f"{made['properties']['name']}/{one.task_name}V1/task.json" in released.vsix
    space = {"v": "http://schemas.microsoft.com/developer/vsx-schema/2011"}
    tree = ElementTree.fromstring(released.vsix["extension.vsixmanifest"])  # noqa: S314
    identity = tree.find("v:Metadata/v:Identity", space)
    assert identity is not None
    assert (identity.get("Id"), identity.get("Publisher")) == ("modelyard", "OWNER")
    assert identity.get("Version") == NOW
    flags = tree.find("v:Metadata/v:GalleryFlags", space)
    assert flags is None or "Public" not in (flags.text or "").split()
    for asset in tree.findall("v:Assets/v:Asset", space):
        assert asset.get("Path") in released.vsix


def test_every_kind_of_file_has_its_type(released) -> None:
    types = released.vsix["[Content_Types].xml"].decode()
    defaults = dict(re.findall(r'<Default Extension="([^"]+)" ContentType="([^"]+)"', types))
    assert set(defaults) == {*extension.KNOWN, ".vsixmanifest", ".vsomanifest"}, "tfx asked `file`"
    for name in released.vsix:
        kind = "." + name.rpartition(".")[2]
        assert kind in defaults or f'PartName="/{name}"' in types or name == PARTS[0], name


def test_the_page_lists_every_task(released) -> None:
    page = released.vsix["overview.md"].decode()
    for one in operations.every():
        assert f"| `{one.task_name}@1` | {one.title}. |" in page
    assert "<!--" not in page
    assert "](" not in page, "links into the repository lead nowhere on the Marketplace"


def test_the_icon_has_the_size_that_the_marketplace_wants() -> None:
    head = (ROOT / "release/extension/icon.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (128, 128)


@pytest.mark.parametrize("publisher", ["", "my company", "a/b", "-x"])
def test_a_publisher_that_is_none(publisher: str) -> None:
    with pytest.raises(Refused, match="isn't a publisher's id"):
        extension.manifest({}, [], version=NOW, publisher=publisher, files=[])


def test_a_preview_is_marked() -> None:
    early = extension.manifest({}, [], version="0.1.0", publisher="me", files=[])
    assert early["galleryFlags"] == ["Preview"]
    assert "galleryFlags" not in extension.manifest(
        {}, [], version="1.0.0", publisher="me", files=[]
    )


def test_nothing_is_there_twice() -> None:
    first, second, *_ = (TaskFolder(one, folder(one), 1, 1) for one in operations.every())
    made = {"version": NOW, "publisher": "me", "files": []}
    assert len(extension.manifest({}, [first, second], **made)["contributions"]) == 2
    with pytest.raises(Refused, match=f"contribution {first.operation.name} is there twice"):
        extension.manifest({}, [first, second, first], **made)


def test_the_publisher_and_a_dirty_tree(clone: Clone, tfx_command) -> None:
    """As `make package` says it: the sizes, and a warning that is none of tfx."""
    (clone.path / "README.md").write_text("changed\n")
    done = clone.python(
        "-m", "release.package", "--tfx", str(tfx_command), MODELYARD_PUBLISHER="contoso"
    )
    assert "warning: 1 files differ from commit" in done.stderr
    assert "ModelyardClusterStartV1" in done.stdout
    assert re.search(rf"dist/modelyard-{NOW}\.vsix +\d+\.\d KiB\n", done.stdout)
    vsix = archive.read(clone.path / "dist" / f"modelyard-{NOW}.vsix")
    assert b'Publisher="contoso"' in vsix["extension.vsixmanifest"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("pass", ""),
        ("del files['Task/main.js']", "tfx left Task/main.js out of the extension"),
        ("files['overview.md'] += b' '", "tfx left overview.md out of the extension, or changed"),
    ],
)
def test_what_is_packed_is_compared_with_what_was_given(
    tmp_path: Path, fault: str, told: str
) -> None:
    stage = tmp_path / "stage"
    (stage / "Task").mkdir(parents=True)
    (stage / "Task" / "main.js").write_text("// all of it\n")
    output = tmp_path / "made.vsix"

    def build() -> None:
        extension.build(
            ROOT, stage, [], output,
            version=NOW, publisher="me", seconds=0, command=packer(tmp_path / "tfx", fault),
        )  # fmt: skip

    if told:
        with pytest.raises(Refused, match=re.escape(told)):
            build()
    else:
        build()
        assert archive.read(output)["Task/main.js"] == b"// all of it\n"
