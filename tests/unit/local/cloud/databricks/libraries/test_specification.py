from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelyard.local.cloud.databricks.exceptions import ApiError
from modelyard.local.cloud.databricks.libraries.specification import (
    Unavailable,
    check,
    contents,
    key,
    label,
)
from modelyard.local.cloud.databricks.storage import Storage


@pytest.mark.parametrize(
    "library",
    [{}, {"pypi": {}}, {"pypi": "x"}, {"whl": ""}, {"whl": "a", "jar": "b"}, "x", {"deb": "x"}],
)
def test_a_library_is_exactly_one_thing(library: Any) -> None:
    with pytest.raises(ApiError):
        check(library)


def test_equal_libraries_have_one_key() -> None:
    first = check({"pypi": {"package": "a", "repo": "r"}})
    second = check({"pypi": {"repo": "r", "package": "a"}})
    assert key(first) == key(second)
    assert label(first) == 'pypi: "a"'
    assert label({"whl": "/x.whl"}) == 'whl: "/x.whl"'


def test_contents_are_the_union(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.create()
    (storage.dbfs / "a-1-py3-none-any.whl").write_bytes(b"")
    (storage.volumes / "requirements.txt").write_text("numpy\n# why\npandas>=2\n")
    found = contents(
        [
            {"pypi": {"package": "scikit-learn==1.5", "repo": "http://127.0.0.1/simple"}},
            {"whl": "dbfs:/a-1-py3-none-any.whl"},
            {"requirements": "/Volumes/requirements.txt"},
        ],
        storage,
    )
    assert found.requirements == ["scikit-learn==1.5", "numpy", "# why", "pandas>=2"]
    assert found.wheels == [storage.dbfs / "a-1-py3-none-any.whl"]
    assert found.index_url == "http://127.0.0.1/simple"


def test_what_is_not_there_or_does_not_go_together_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"dbfs:/gone\.whl"):
        contents([{"whl": "dbfs:/gone.whl"}], Storage(tmp_path))
    with pytest.raises(Unavailable, match=r"must not contain '\.\.'"):
        contents([{"whl": "dbfs:/../../etc/passwd"}], Storage(tmp_path))
    storage = Storage(tmp_path)
    storage.create()
    (storage.dbfs / "r.txt").write_bytes(b"\xff")
    with pytest.raises(Unavailable, match="is not a requirements file"):
        contents([{"requirements": "dbfs:/r.txt"}], storage)
    two = [{"pypi": {"package": n, "repo": f"http://{n}"}} for n in "ab"]
    with pytest.raises(Unavailable, match="http://b and http://a"):
        contents(two, Storage(tmp_path))
