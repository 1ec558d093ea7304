from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from modelyard.local import report


def outcome(**changes: Any) -> report.Outcome:
    values: dict[str, Any] = {
        "title": "wine",
        "metric": "rmse",
        "threshold": 0.8,
        "runs": [
            {
                "run_id": 1,
                "mlflow_run_id": "a",
                "parameters": {"alpha": "0.5"},
                "metrics": {"rmse": 0.79, "mae": 0.6},
                "run_url": "http://127.0.0.1:1/#job/1/run/1",
            },
            {
                "run_id": 2,
                "mlflow_run_id": "b",
                "parameters": {"alpha": "0.1"},
                "metrics": {"rmse": 0.71, "mae": 0.5},
                "run_url": "http://127.0.0.1:1/#job/1/run/2",
            },
        ],
        "best_run": "b",
        "image": "registry/wine@sha256:1",
        "digest": "sha256:1",
        "endpoints": {"staging": "http://127.0.0.1:1/endpoints/s/invocations"},
    }
    return report.Outcome(**{**values, **changes})


def test_the_text_marks_the_winner_and_only_it() -> None:
    marked = [line for line in report.text(outcome()).splitlines() if line.endswith("best")]
    assert len(marked) == 1
    assert "0.7100" in marked[0]


def test_bars_are_as_long_as_the_metric_is_large(tmp_path: Path) -> None:
    page = report.write(tmp_path / "r.html", [], outcome()).read_text(encoding="utf-8")
    first, second = (float(width) for width in re.findall(r'<rect [^>]*?width="([\d.]+)"', page))
    assert abs(first / second - 0.79 / 0.71) < 0.01


def test_text_of_a_run_is_escaped(tmp_path: Path) -> None:
    run = {"run_id": 1, "parameters": {"a": "<script>x</script>"}, "run_url": "javascript:alert(1)"}
    page = report.write(tmp_path / "r.html", [], outcome(runs=[run])).read_text(encoding="utf-8")
    assert "<script>" not in page
    assert 'href="javascript' not in page


def test_a_run_without_the_metric_or_with_nan_has_no_bar(tmp_path: Path) -> None:
    runs = [{"run_id": 1, "metrics": {"rmse": float("nan")}}, {"run_id": 2, "metrics": None}]
    page = report.write(tmp_path / "r.html", [], outcome(runs=runs)).read_text(encoding="utf-8")
    assert "<rect" not in page
    assert "No run has this metric" in page


def test_failed_steps_show_their_exit_code(tmp_path: Path) -> None:
    steps = [report.Step("Train", 31, 4.2, "01-train.log")]
    page = report.write(tmp_path / "r.html", steps, outcome()).read_text(encoding="utf-8")
    assert "exit code 31 Train" in page
    assert 'href="01-train.log"' in page
