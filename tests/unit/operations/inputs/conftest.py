"""Who signs in, for tests of the inputs that say so."""

from __future__ import annotations

import pytest

from modelyard.azure.identity import ways
from unit.entra_principals import NAMES, Principals


@pytest.fixture
def principals(monkeypatch: pytest.MonkeyPatch) -> Principals:
    """Every way to sign in to Microsoft Entra ends here."""
    found = Principals()
    for name in NAMES:
        monkeypatch.setattr(ways, name, found.make(name))
    return found
