"""What a release is made of, and the check that it is ready.

Run in a clone, with its environment: ``python -m release.package`` builds the packages,
``python -m release.check`` says what a release would do. Neither tags, pushes or publishes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The clone that is released."""
# What is packaged comes from this clone, whichever one the environment was made for.
sys.path.insert(0, str(ROOT / "shared"))
