"""``pool``: where jobs run.

Source: learn.microsoft.com, ``yaml-schema/pool``; ``pipelines/process/phases`` ("Server jobs").
"""

from __future__ import annotations

from modelyard.local.runner.pipeline.building import Building
from modelyard.local.runner.pipeline.fields import Fields
from modelyard.local.runner.pipeline.nodes import Mapping, Node, Scalar
from modelyard.local.runner.pipeline.plan import Pool

SERVER = "server"
HOSTED = ("image", "os", "hostArchitecture")
"""Not documented; public pipelines of Microsoft's own pools have them."""


def pool(node: Node | None, building: Building) -> Pool | None:
    """The pool, or None where none is named."""
    if node is None or (isinstance(node, Scalar) and not node.text.strip()):
        return None
    if isinstance(node, Scalar):
        name = node.text.strip()
        if name.lower() == SERVER:
            return Pool(node.place, server=True)
        return Pool(node.place, name=name)
    if not isinstance(node, Mapping):
        building.problems.add(node.place, "pool is a name or a mapping, not a list")
        return None
    fields = Fields(node, "a pool", ("name", "vmImage", "demands", *HOSTED), building.problems)
    for key in HOSTED:
        if key in fields:
            message = f"{key} of a pool means something to Microsoft's own pipelines only"
            building.problems.warn(fields.keys[key].place, message)
    return Pool(
        node.place,
        name=fields.text("name"),
        vm_image=fields.text("vmImage"),
        demands=fields.texts("demands"),
    )
