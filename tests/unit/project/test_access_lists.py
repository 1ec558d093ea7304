"""What an access control list gives, and how it changes."""

from __future__ import annotations

import pytest

from modelyard.project import access_lists

PLAIN = "user::rwx,group::r-x,other::---"
ENTRY = "user:me:rwx,default:user:me:rwx"


def test_rights_count_where_they_are_of_what_is_made_later_too() -> None:
    assert access_lists.rights(f"{PLAIN},{ENTRY}", "me") == "rwx"
    assert access_lists.rights(f"{PLAIN},user:me:rwx", "me") == "rwx, later ---"
    assert access_lists.rights(f"{PLAIN},default:user:me:rwx", "me") == "---, later rwx"
    assert access_lists.rights(f"{PLAIN},{ENTRY}", "you") == ""


@pytest.mark.parametrize(
    ("masks", "given"),
    [
        ("mask::r-x,default:mask::r-x", "r-x"),
        ("mask::rwx,default:mask::rwx", "rwx"),
        ("mask::r-x", "r-x, later rwx"),
        ("default:mask::---", "rwx, later ---"),
    ],
)
def test_a_mask_takes_away(masks: str, given: str) -> None:
    acl = f"{PLAIN},{ENTRY},{masks}"
    assert access_lists.rights(acl, "me") == given
    assert access_lists.narrow(acl, "rwx") == (given != "rwx")
    assert access_lists.narrow(acl, "rwx", later=False) == (given[:3] != "rwx")
    assert access_lists.rights(access_lists.unmasked(acl, "me"), "me") == "rwx"


def test_a_mask_is_widened_by_what_is_needed() -> None:
    acl = f"{PLAIN},user:me:r-x,mask::-w-,default:user:me:r--,default:mask::---"
    wider = f"{PLAIN},user:me:r-x,mask::rwx,default:user:me:r--,default:mask::r--"
    assert access_lists.unmasked(acl, "me") == wider
    assert access_lists.unmasked(acl, "you") == acl


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, f"{PLAIN},user:me:--x"),
        (f"{PLAIN},user:me:r--", f"{PLAIN},user:me:r-x"),
        (f"{PLAIN},user:me:r-x,mask::rw-", f"{PLAIN},user:me:r-x,mask::rwx"),
        (
            f"{PLAIN},mask::r--,default:user::rwx,default:mask::---",
            f"{PLAIN},mask::r-x,default:user::rwx,default:mask::---,user:me:--x",
        ),
    ],
)
def test_one_more_may_pass_and_nobody_else_is_touched(before: str, after: str) -> None:
    assert not access_lists.may_pass(before, "me")
    assert access_lists.passing(before, "me") == after
    assert access_lists.may_pass(after, "me")
