"""Scoring images: build, push, unpack and run them, with an engine or without."""

from __future__ import annotations

from modelyard.images.building import build, check, push
from modelyard.images.engine import BuiltImage
from modelyard.images.registry_login import Login

__all__ = ["BuiltImage", "Login", "build", "check", "push"]
