"""The report of a run: one HTML page made from its result folder.

It needs no script and nothing from elsewhere. Whatever came from a run is text: only
:mod:`.html` makes markup, and it escapes everything that isn't its own.
"""

from modelyard.local.runner.report.page import write

__all__ = ["write"]
