"""The two tables that this example can train on, and the ten rows its endpoints are tested with.

The diabetes table and its rows are committed. The wine table is the user's to bring: with it goes a
copy of the example.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent
WINE_SHA256 = "4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e"
"""UCI's winequality-red.csv: 1599 rows, ``;`` between the columns. Cortez, Cerdeira, Almeida,
Matos, Reis (2009), doi 10.24432/C56S3T. Copies on the web vary: some have broken decimals."""


@dataclass(frozen=True)
class Dataset:
    """A table and what is expected of a model trained on it."""

    name: str
    target: str
    threshold: float
    """The rmse that a model has to stay under."""

    @property
    def table(self) -> str:
        """The table's file name."""
        return f"{self.name}.csv"


DATASETS = {
    "diabetes": Dataset("diabetes", target="progression", threshold=70),
    "wine": Dataset("wine", target="quality", threshold=0.8),
}


def example_with_wine(folder: Path, wine_csv: str) -> Path:
    """A copy of the example in a new folder, with the wine table in place of the other.

    :param wine_csv: path or URL of winequality-red.csv.
    :raises SystemExit: when the file isn't the one that the figures are of.
    """
    content = _read(wine_csv)
    digest = hashlib.sha256(content).hexdigest()
    if digest != WINE_SHA256:
        raise SystemExit(
            f"{wine_csv} isn't UCI's winequality-red.csv: its sha256 is {digest}, not {WINE_SHA256}"
        )
    ignored = shutil.ignore_patterns("__pycache__", ".modelyard", "data")
    example = shutil.copytree(EXAMPLE, folder / EXAMPLE.name, ignore=ignored)
    table = example / "data" / DATASETS["wine"].table
    table.parent.mkdir()
    table.write_bytes(content)
    write_rows(table, DATASETS["wine"], example)
    return example


def write_diabetes(folder: Path) -> Path:
    """Write the table that is committed: scikit-learn's, of 442 patients, ten measurements and the
    disease's progression after a year. Unscaled: the measurements as they were taken."""
    from sklearn.datasets import load_diabetes

    dataset = DATASETS["diabetes"]
    path = folder / dataset.table
    table = load_diabetes(as_frame=True, scaled=False).frame
    table.rename(columns={"target": dataset.target}).to_csv(path, sep=";", index=False)
    return path


def write_rows(table: Path, dataset: Dataset, folder: Path, count: int = 10) -> Path:
    """Write ``rows.json``: the first rows without the target, as an endpoint takes them."""
    import pandas as pd

    features = pd.read_csv(table, sep=";").drop(columns=[dataset.target]).astype("float64")
    path = folder / "rows.json"
    split = features.head(count).to_dict(orient="split", index=False)
    path.write_text(json.dumps({"dataframe_split": split}), encoding="utf-8")
    return path


def _read(source: str) -> bytes:
    if not source:
        raise SystemExit("DATASET=wine needs WINE_CSV=path-or-URL of UCI's winequality-red.csv")
    if source.startswith("http://"):
        raise SystemExit(f"WINE_CSV: {source} isn't fetched; give an https address or a path")
    if source.startswith("https://"):
        try:
            with urllib.request.urlopen(source, timeout=60) as answer:  # noqa: S310 - https only
                content: bytes = answer.read()
                return content
        except OSError as error:
            raise SystemExit(f"WINE_CSV: {source} can't be fetched: {error}") from None
    path = Path(source.removeprefix("file://"))
    if not path.is_file():
        raise SystemExit(f"WINE_CSV: there is no file {path}")
    return path.read_bytes()
