"""The stages of a run as a graph: who waits for whom, and how each ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.local.runner.display.marks import took
from modelyard.local.runner.report.html import Html, join, tag
from modelyard.local.runner.report.model import Node
from modelyard.local.runner.report.wording import NONE, RESULTS, kind
from modelyard.names import plural

_WIDTH, _HEIGHT = 196, 62
"""Of a stage's box, in pixels."""
_GAP, _SIDE = 54, 16
"""Between two layers, and between two boxes of one."""
_LETTERS = 18
"""Of a title that fit into a box."""


@dataclass(frozen=True)
class _Box:
    stage: Node
    x: float
    y: float


def graph(stages: Sequence[Node], *, upright: bool = False) -> Html:
    """An SVG of its natural size.

    :param upright: from the top down, for a narrow screen; else from the left to the right.
    """
    layers = _layers(stages)
    most = max((len(layer) for layer in layers), default=0)
    length, breadth = (_HEIGHT, _WIDTH) if upright else (_WIDTH, _HEIGHT)
    gap = 34 if upright else _GAP
    along = len(layers) * (length + gap) - gap
    across = most * (breadth + _SIDE) - _SIDE
    boxes: dict[str, _Box] = {}
    for depth, layer in enumerate(layers):
        start = (across - (len(layer) * (breadth + _SIDE) - _SIDE)) / 2
        for place, stage in enumerate(layer):
            far, side = depth * (length + gap), start + place * (breadth + _SIDE)
            boxes[stage.name] = _Box(stage, *((side, far) if upright else (far, side)))
    width, height = (across, along) if upright else (along, across)
    edges = [_edge(boxes[name], box, upright) for box in boxes.values()
             for name in _known(box.stage, boxes)]  # fmt: skip
    return tag(
        "svg",
        join(edges),
        join(_drawn(box) for box in boxes.values()),
        viewBox=f"-2 -2 {width + 4:g} {height + 4:g}",
        width=f"{width + 4:g}",
        height=f"{height + 4:g}",
        class_="upright" if upright else "across",
        role="img",
        aria_label="Stages and what they wait for",
    )


def _layers(stages: Sequence[Node]) -> list[list[Node]]:
    """Stages by how many must end before them, one after another."""
    by_name = {stage.name: stage for stage in stages}
    depths: dict[str, int] = {}

    def depth(stage: Node, above: frozenset[str]) -> int:
        if stage.name not in depths:
            before = [name for name in _known(stage, by_name) if name not in above]
            inner = above | {stage.name}
            depths[stage.name] = 1 + max((depth(by_name[one], inner) for one in before), default=-1)
        return depths[stage.name]

    layers: list[list[Node]] = []
    for stage in stages:
        place = depth(stage, frozenset({stage.name}))
        while len(layers) <= place:
            layers.append([])
        layers[place].append(stage)
    return [layer for layer in layers if layer]


def _known(stage: Node, names: Mapping[str, object]) -> list[str]:
    folded = {name.lower(): name for name in names}
    return [folded[name.lower()] for name in stage.depends_on if name.lower() in folded]


def _edge(start: _Box, end: _Box, upright: bool) -> Html:
    if upright:
        x1, y1, x2, y2 = start.x + _WIDTH / 2, start.y + _HEIGHT, end.x + _WIDTH / 2, end.y
        middle = (y1 + y2) / 2
        curve = f"M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"
    else:
        x1, y1, x2, y2 = start.x + _WIDTH, start.y + _HEIGHT / 2, end.x, end.y + _HEIGHT / 2
        middle = (x1 + x2) / 2
        curve = f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
    return tag("path", d=curve, class_="edge")


def _drawn(box: _Box) -> Html:
    stage, name = box.stage, kind(box.stage.result)
    sign = RESULTS.get(stage.result, NONE)[1]
    title = stage.title
    short = title if len(title) <= _LETTERS else f"{title[: _LETTERS - 1]}…"
    count = len(stage.children)
    told = [plural(count, "job") if count else "", took(stage.seconds)]
    x, y = box.x, box.y
    return tag(
        "a",
        tag("title", title),
        tag("rect", x=f"{x:g}", y=f"{y:g}", width=_WIDTH, height=_HEIGHT, rx=8,
            class_=f"box {name}"),
        tag("text", sign, x=f"{x + 20:g}", y=f"{y + 27:g}", class_=f"sign {name}",
            text_anchor="middle"),
        tag("text", short, x=f"{x + 36:g}", y=f"{y + 26:g}", class_="title"),
        tag("text", " · ".join(filter(None, told)), x=f"{x + 36:g}", y=f"{y + 46:g}",
            class_="note"),
        href=f"#{stage.anchor}",
    )  # fmt: skip
