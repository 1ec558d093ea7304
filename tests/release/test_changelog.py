"""What counts as the changelog of a release."""

from __future__ import annotations

import datetime

import pytest
from release.changelog import problems

TODAY = datetime.date(2026, 11, 24)
HEAD = "# Changelog\n\n## Unreleased\n\n"


@pytest.mark.parametrize("heading", ["## 1.2.3 - 2026-11-24", "## [1.2.3] - 2026-11-24"])
def test_a_section_with_date_and_entries(heading: str) -> None:
    text = f"{HEAD}{heading}\n\n### Added\n\n- One.\n\n## 1.2.2 - 2026-01-01\n\n- Two.\n"
    assert list(problems(text, "1.2.3", TODAY)) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "has no section 1.2.3: add the line `## 1.2.3 - 2026-11-24`"),
        ("## 1.2.30 - 2026-11-24\n\n- One.\n", "has no section 1.2.3:"),
        ("## 1.2.3\n\n- One.\n", "`## 1.2.3` has no date: write `## 1.2.3 - 2026-11-24`"),
        ("## 1.2.3 - soon\n\n- One.\n", "`## 1.2.3 - soon` has no date"),
        ("## 1.2.3 - 2026-02-30\n\n- One.\n", "has no date"),
        ("## 1.2.3 - 2026-11-25\n\n- One.\n", "is dated after today"),
        ("## 1.2.3 - 2026-11-24\n\n### Added\n\n## 1.2.2 - 2026-01-01\n\n- Two.\n", "says nothing"),
    ],
)
def test_what_is_missing(text: str, wanted: str) -> None:
    (found,) = problems(HEAD + text, "1.2.3", TODAY)
    assert wanted in found


def test_entries_that_are_still_unreleased() -> None:
    text = f"{HEAD}- Half.\n\n## 1.2.3 - 2026-11-24\n\n- One.\n"
    (found,) = problems(text, "1.2.3", TODAY)
    assert found == "CHANGELOG.md has entries under Unreleased that 1.2.3 holds: move them there"
