"""A scoring script, its environment and its model: what the tests of endpoints deploy."""

from __future__ import annotations

from pathlib import Path

SCORE = """\
import json, os, time
from pathlib import Path

def init():
    global factor
    if os.environ.get("RAISE_IN_INIT"):
        raise ValueError("the weights are for another model")
    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    factor = json.loads(next(folder.rglob("model.json")).read_text())["factor"]
    print("ready with factor", factor)

def run(data):
    rows = json.loads(data)["data"]
    if os.environ.get("RAISE_IN_RUN") == "always" or rows == ["raise"]:
        raise ValueError("can't score this")
    if rows == ["die"]:
        os._exit(7)
    if rows == ["slow"]:
        time.sleep(20)
    print("scored", len(rows))
    return [factor * row for row in rows]
"""
CONDA = """\
name: scoring
channels: [conda-forge]
dependencies:
  - python={python}
  - pip
  - pip:
    - azureml-inference-server-http==1.5.1
"""


def write(folder: Path, python: str = "3.11") -> None:
    """``code/score.py``, ``conda.yml``, ``broken.yml`` and the models ``double`` and ``triple``."""
    (folder / "code").mkdir()
    (folder / "code/score.py").write_text(SCORE)
    conda = CONDA.format(python=python)
    (folder / "conda.yml").write_text(conda)
    (folder / "broken.yml").write_text(conda + "    - no-such-package-anywhere==9\n")
    (folder / "bare.yml").write_text(conda.replace("    - azureml-inference", "    - pytz #"))
    (folder / "rows.json").write_text('{"data": [1, 2]}')
    for name, factor in (("double", 2), ("triple", 3)):
        (folder / name).mkdir()
        (folder / name / "model.json").write_text(f'{{"factor": {factor}}}')
