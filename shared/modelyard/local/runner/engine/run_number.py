"""The number of a run: what ``name:`` makes of it.

Source: learn.microsoft.com, ``process/run-number``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

DEFAULT = "$(Date:yyyyMMdd).$(Rev:r)"
_DATE = re.compile(r"\$\(Date(?::([^)]*))?\)", re.IGNORECASE)
_REVISION = re.compile(r"\$\(Rev:(\.?)(r+)\)", re.IGNORECASE)
_PART = re.compile(r"y{4}|yy|M{2}|d{2}|H{2}|h{2}|m{2}|s{2}|f{1,7}|M|d|H|m|s|.", re.DOTALL)
_DATE_PARTS: Mapping[str, Callable[[datetime], str]] = {
    "yyyy": lambda at: f"{at:%Y}",
    "yy": lambda at: f"{at:%y}",
    "MM": lambda at: f"{at:%m}",
    "M": lambda at: str(at.month),
    "dd": lambda at: f"{at:%d}",
    "d": lambda at: str(at.day),
    "HH": lambda at: f"{at:%H}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at:%I}",
    "mm": lambda at: f"{at:%M}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at:%S}",
    "s": lambda at: str(at.second),
}
_TOKENS: Mapping[str, Callable[[datetime], str]] = {
    "DayOfMonth": lambda at: str(at.day),
    "DayOfYear": lambda at: str(at.timetuple().tm_yday),
    "Hours": lambda at: str(at.hour),
    "Minutes": lambda at: str(at.minute),
    "Month": lambda at: str(at.month),
    "Seconds": lambda at: str(at.second),
    "Year:yy": lambda at: f"{at:%y}",
    "Year:yyyy": lambda at: f"{at:%Y}",
}


def run_number(
    template: str,
    at: datetime,
    variables: Callable[[str], str],
    revision: Callable[[str], int],
) -> str:
    """The number of this run.

    :param template: the pipeline's ``name``; empty for the default.
    :param variables: fills in the macros that are left.
    :param revision: the next number for a text, the template with all but ``$(Rev:r)`` filled in.
    """
    text = _DATE.sub(lambda found: _date(found[1] or "yyyyMMdd", at), template.strip() or DEFAULT)
    for name, value in _TOKENS.items():
        text = re.sub(re.escape(f"$({name})"), value(at), text, flags=re.IGNORECASE)
    text = variables(text)
    if not _REVISION.search(text):
        return text
    number = revision(_REVISION.sub("", text))
    return _REVISION.sub(lambda found: f"{found[1]}{number:0{len(found[2])}}", text)


def _date(form: str, at: datetime) -> str:
    return "".join(
        f"{at:%f}0"[: len(part)]
        if part.startswith("f")
        else _DATE_PARTS[part](at)
        if part in _DATE_PARTS
        else part
        for part in _PART.findall(form)
    )
