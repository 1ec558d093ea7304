"""keyvault-secrets alone, in all three ways: the same secrets, and none of them in a log."""

from __future__ import annotations

import json
from pathlib import Path

from parity import scenario
from parity.normalising import calls
from parity.normalising import outputs as normalised
from parity.three import assert_same, run_in_each_way
from parity.ways import NewPlace, Place, Step

SERVICES = ("entra", "arm", "keyvault")


def test_secrets_of_a_vault(new_place: NewPlace, tmp_path: Path) -> None:
    def steps(place: Place) -> list[Step]:
        scenario.keep_secrets(place.cloud)
        return [scenario.vault_secrets()]

    outcomes = run_in_each_way(new_place, scenario.write_files(tmp_path), steps, SERVICES)
    found = {way: one.steps["keyvault-secrets"] for way, one in outcomes.items()}
    for way, one in found.items():
        assert one.code == 0, f"{way}:\n{one.log}"
        assert json.loads(one.outputs["names"]) == ["PARITY_PASSWORD", "DB_KEY", "DB_USER"]
        for line in scenario.SECRET.splitlines():
            assert line not in outcomes[way].log
    assert_same({way: normalised(one.outputs, {}) for way, one in found.items()})
    assert_same({way: calls(one.entries, {}) for way, one in found.items()})
    variables = outcomes["task"].variables
    assert variables["PARITY_PASSWORD"] == f"{scenario.SECRET}\npassword"
