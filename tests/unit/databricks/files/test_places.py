from __future__ import annotations

import pytest

from modelyard.databricks.files.places import parse
from modelyard.errors import InputError


@pytest.mark.parametrize(
    ("text", "kind", "path", "shown"),
    [
        ("dbfs:/models/a/", "dbfs", "/models/a", "dbfs:/models/a"),
        ("dbfs:/", "dbfs", "/", "dbfs:/"),
        ("/Volumes/c/s/v/x", "volume", "/Volumes/c/s/v/x", "/Volumes/c/s/v/x"),
        ("dbfs:/Volumes/c/s/v", "volume", "/Volumes/c/s/v", "/Volumes/c/s/v"),
        ("/Workspace/Shared/x", "workspace", "/Shared/x", "/Workspace/Shared/x"),
        ("/Users/a@b.c/x", "workspace", "/Users/a@b.c/x", "/Workspace/Users/a@b.c/x"),
        ("/Workspace", "workspace", "/", "/Workspace"),
    ],
)
def test_a_path_says_which_service_it_belongs_to(
    text: str, kind: str, path: str, shown: str
) -> None:
    place = parse("target", text)
    assert (place.service.KIND, place.path, place.shown) == (kind, path, shown)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models", "isn't an absolute path"),
        ("dbfs:models", "isn't an absolute path"),
        ("/FileStore/x", "no path of a volume, of DBFS or of the workspace"),
        ("/Volumes/c/s", "is no volume"),
        ("dbfs:/models/$(run)", r"\$\( looks like a variable without a value"),
        ("dbfs:/models/${{ run }}", "looks like a variable without a value"),
        ("/Volumes/<catalog>/s/v/x", "looks like a variable without a value"),
        ("dbfs:/models//x", "nothing between two slashes"),
        ("dbfs:/models/../x", r"\. and \.\. aren't allowed"),
        ("dbfs:/a\tb", "control character"),
    ],
)
def test_paths_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse("target", text)


@pytest.mark.parametrize(
    ("text", "shared", "untouchable"),
    [
        ("dbfs:/", True, True),
        ("dbfs:/FileStore", True, False),
        ("dbfs:/mnt/lake", True, False),
        ("dbfs:/mnt/lake/x", False, False),
        ("dbfs:/user/hive/warehouse", True, False),
        ("dbfs:/models", False, False),
        ("/Volumes/c/s/v", True, False),
        ("/Volumes/c/s/v/x", False, False),
        ("/Workspace", True, True),
        ("/Shared", True, True),
        ("/Users/a@b.c", True, False),
        ("/Repos/a/b", False, False),
        ("/Shared/x", False, False),
    ],
)
def test_roots(text: str, shared: bool, untouchable: bool) -> None:
    place = parse("target", text)
    assert (place.is_shared_root, place.is_untouchable) == (shared, untouchable)
