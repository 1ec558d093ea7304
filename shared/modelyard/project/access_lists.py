"""Access control lists of folders in a data lake, as texts: what they give, and how they change.

A mask limits the entries of named users and groups. The service works one out where a list that is
set has none, and keeps one that it has: whether it widens one when an entry is added isn't
documented, so nothing here counts on it.

Source: learn.microsoft.com, "Access control lists in Azure Data Lake Storage";
https://github.com/MicrosoftDocs/azure-docs/issues/62693.
"""

from __future__ import annotations

NOTHING = "---"
_SCOPES = ("", "default:")
"""The folder itself, and what is made in it later."""


def rights(acl: str, principal: str) -> str:
    """What a list gives: one text where the folder and what is made in it later are alike, both
    where they differ, none where there is no entry."""
    entries = _entries(acl)
    if not any(f"{scope}user:{principal}" in entries for scope in _SCOPES):
        return ""
    here, later = (_given(entries, scope, principal) for scope in _SCOPES)
    return here if here == later else f"{here}, later {later}"


def may_pass(acl: str, principal: str) -> bool:
    """Whether it may go through the folder."""
    return _given(_entries(acl), "", principal).endswith("x")


def passing(acl: str, principal: str) -> str:
    """The list with the right to pass in it. A mask that would take it away is widened."""
    entries = _entries(acl)
    for key in (f"user:{principal}", "mask:"):
        if key != "mask:" or key in entries:
            entries[key] = _both(entries.get(key, NOTHING), "--x")
    return _text(entries)


def narrow(acl: str, wanted: str, *, later: bool = True) -> bool:
    """Whether a mask takes away from rights that somebody is to have.

    :param later: whether it counts what is made in the folder later.
    """
    entries = _entries(acl)
    masks = (entries.get(f"{scope}mask:", wanted) for scope in (_SCOPES if later else ("",)))
    return any(_both(mask, wanted) != mask for mask in masks)


def unmasked(acl: str, principal: str) -> str:
    """The list with masks that take nothing from what it gives to one."""
    entries = _entries(acl)
    for scope in _SCOPES:
        if (mask := f"{scope}mask:") in entries:
            wanted = entries.get(f"{scope}user:{principal}", NOTHING)
            entries[mask] = _both(entries[mask], wanted)
    return _text(entries)


def _given(entries: dict[str, str], scope: str, principal: str) -> str:
    entry = entries.get(f"{scope}user:{principal}", NOTHING)
    mask = entries.get(f"{scope}mask:", entry)
    return "".join(one if one == limit else "-" for one, limit in zip(entry, mask, strict=True))


def _both(one: str, other: str) -> str:
    """All that either has."""
    return "".join(max(pair) for pair in zip(one, other, strict=True))  # a dash is the least


def _entries(acl: str) -> dict[str, str]:
    """By scope, type and id: ``user:ID``, ``default:user:ID``, ``mask:``."""
    parts = [one.rpartition(":") for one in acl.split(",") if one]
    return {key: value for key, _, value in parts}


def _text(entries: dict[str, str]) -> str:
    return ",".join(f"{key}:{value}" for key, value in entries.items())
