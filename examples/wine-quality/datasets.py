"""The two tables this example can train on, and the ten rows its endpoints are tested with."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

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


DATASETS = {
    "diabetes": Dataset("diabetes", target="progression", threshold=70.0),
    "wine": Dataset("wine", target="quality", threshold=0.8),
}


def write_table(dataset: Dataset, folder: Path, wine_csv: str = "") -> Path:
    """Write ``table.csv`` (``;`` between columns) into the folder.

    :param wine_csv: path or URL of winequality-red.csv; only for the wine table.
    :raises SystemExit: when the file isn't the one that the figures are of.
    """
    path = folder / "table.csv"
    if wine_csv and dataset.name != "wine":
        raise SystemExit("WINE_CSV is given without DATASET=wine")
    if dataset.name == "diabetes":
        # Bundled with scikit-learn: 442 patients, ten measurements, disease progression after a
        # year. Unscaled: the measurements as they were taken.
        from sklearn.datasets import load_diabetes

        table = load_diabetes(as_frame=True, scaled=False).frame
        table.rename(columns={"target": dataset.target}).to_csv(path, sep=";", index=False)
        return path
    content = _read(wine_csv)
    digest = hashlib.sha256(content).hexdigest()
    if digest != WINE_SHA256:
        raise SystemExit(
            f"{wine_csv} isn't UCI's winequality-red.csv: its sha256 is {digest}, not {WINE_SHA256}"
        )
    path.write_bytes(content)
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
