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
UNMET = "import vines_of_nobody"
UNMET_SHOWN = (
    '/score.py", line 1, in <module>\n        import vines_of_nobody\n'
    "    ModuleNotFoundError: No module named 'vines_of_nobody'\n"
)
"""What an error shows of the traceback: one frame, that of the script."""
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
    """The folders ``code`` and ``unmet``, conda files, rows, the models ``double`` and ``triple``.

    ``unmet/score.py`` imports what no environment has.
    """
    for name, script in (("code", SCORE), ("unmet", f"{UNMET}\n{SCORE}")):
        (folder / name).mkdir()
        (folder / name / "score.py").write_text(script)
    conda = CONDA.format(python=python)
    (folder / "conda.yml").write_text(conda)
    (folder / "broken.yml").write_text(conda + "    - no-such-package-anywhere==9\n")
    (folder / "bare.yml").write_text(conda.replace("    - azureml-inference", "    - pytz #"))
    (folder / "rows.json").write_text('{"data": [1, 2]}')
    for name, factor in (("double", 2), ("triple", 3)):
        (folder / name).mkdir()
        (folder / name / "model.json").write_text(f'{{"factor": {factor}}}')
