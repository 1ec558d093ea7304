"""What the file names of a service connection, over what is there."""

from __future__ import annotations

from modelyard.project.devops.connection_bodies import laid_over


def test_names_of_the_service_have_no_case() -> None:
    found = {"tenantId": "old", "Scope": "kept"}
    assert laid_over(found, {"tenantid": "new"}) == {"Scope": "kept", "tenantid": "new"}
