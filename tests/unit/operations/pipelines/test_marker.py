"""Where the marker of a published pipeline lies."""

from __future__ import annotations

import pytest

from modelyard.errors import InputError
from modelyard.operations.pipelines import marker
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs


@pytest.mark.parametrize(
    ("folder", "name", "path"),
    [
        (None, "wine/../../x", None),
        ("", "wine", "wine.csv"),
        ("/markers/", "wine", "markers/wine.csv"),
        ("cdml/markers", "team/wine 2", "cdml/markers/team/wine 2.csv"),
    ],
)
def test_the_path_is_the_folder_and_the_pipelines_name(
    folder: str | None, name: str, path: str | None
) -> None:
    assert marker.path_of(PipelineInputs(marker_path=folder), name) == path


@pytest.mark.parametrize(
    ("folder", "name", "named"),
    [
        ("..", "wine", "marker-path is '..'"),
        ("markers/../../x", "wine", "marker-path is"),
        ("markers//x", "wine", "marker-path is"),
        ("./markers", "wine", "marker-path is"),
        ("markers\\x", "wine", "marker-path is"),
        ("markers", "../wine", "pipeline-name is '../wine'"),
        ("markers", "/wine", "pipeline-name is"),
        ("markers", "wine/", "pipeline-name is"),
    ],
)
def test_a_part_that_names_nothing_is_refused(folder: str, name: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        marker.path_of(PipelineInputs(marker_path=folder), name)
    assert named in caught.value.what
