"""Whom a driver has to end."""

from __future__ import annotations

from modelyard.local.process_family import Process, from_ps, members


def test_family_is_who_has_the_name_and_their_descendants() -> None:
    processes = [
        Process(1, 0, ""),
        Process(10, 1, "driver"),
        Process(11, 10, "driver/1"),
        Process(12, 11, ""),  # has cleared its environment
        Process(13, 12, ""),
        Process(14, 1, "driver/1"),  # a daemon, adopted by init
        Process(15, 10, "driver/12"),
        Process(16, 14, "driver/1/2"),
        Process(20, 1, "driver2"),
        Process(21, 20, ""),
    ]
    assert members("driver/1", processes) == {11, 12, 13, 14, 16}
    assert members("driver", processes) == {10, 11, 12, 13, 14, 15, 16}
    assert members("nobody", processes) == set()
    assert members("driver2", processes, {12, 99}) == {12, 13, 20, 21}


def test_listing_of_ps() -> None:
    listing = (
        "    1     0 Ss   /sbin/launchd\n"
        "  200     1 S    /usr/bin/python3 x.py A=1 MODELYARD_PROCESS=abc/1 B=2\n"
        "  201   200 Z    (python3)\n"
        "  202   200 R+   sleep 60\n"
    )
    assert list(from_ps(listing)) == [
        Process(1, 0, ""),
        Process(200, 1, "abc/1"),
        Process(202, 200, ""),
    ]
