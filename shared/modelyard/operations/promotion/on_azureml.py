"""A model of Azure ML: the champion is the version with a tag or a stage.

Azure ML has no alias that points to one version. The new champion is marked first and the old one
unmarked after it, so that there is always one; where a job died in between there are two, of which
the one that was marked last counts. An archived version keeps its mark: as champion it is compared
with like any other, and gives way to a better one. It never becomes the champion.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.azureml import assets, models
from modelyard.azureml.assets import Asset
from modelyard.azureml.connection import Place
from modelyard.errors import InputError, NotFound
from modelyard.http import Session
from modelyard.operations.promotion.comparison import ModelVersion

STATE, SINCE = "state", "champion_since"
"""Tags: what model-register calls a candidate, and when it was marked (UTC)."""
ARCHIVED = "Archived"
"""Stage of a former champion."""


@dataclass(frozen=True)
class OnAzureML:
    """One model of a workspace."""

    session: Session
    place: Place
    name: str
    champion_name: str
    """Value of the tag, or the stage."""
    by_stage: bool

    @property
    def mark(self) -> str:
        return f"{'stage' if self.by_stage else 'tag ' + STATE} {self.champion_name}"

    def version(self, number: str) -> ModelVersion:
        return _known(self._found(number))

    def of_run(self, run_id: str) -> ModelVersion | None:
        """By the tag run, which model-register sets."""
        found = [one for one in self._all() if one.tags.get("run") == run_id]
        usable = [one for one in found if not one.archived]
        newest = assets.newest(usable or found)
        return None if newest is None else _known(_unarchived(newest))

    def champion(self) -> ModelVersion | None:
        marked = self._marked(self._all())
        return _known(marked[0]) if marked else None

    def crown(self, version: ModelVersion) -> None:
        chosen = self._found(version.version)
        now = datetime.datetime.fromtimestamp(self.session.clock.time(), datetime.timezone.utc)
        self._write(chosen, self.champion_name, {SINCE: now.isoformat(timespec="milliseconds")})
        self.settle()

    def settle(self) -> None:
        for one in self._marked(self._all())[1:]:
            self._write(one, ARCHIVED if self.by_stage else f"former-{self.champion_name}", {})

    def _found(self, number: str) -> Asset:
        """A version that may become the champion.

        :raises NotFound: also where somebody has deleted it since it was read.
        :raises InputError: when it is archived.
        """
        found = assets.find(self.session, self.place, models.KIND, self.name, number)
        if found is None:
            raise NotFound(
                f"the workspace {self.place.workspace} has no model {self.name}:{number}",
                fix="check name and version; model-register tells both as outputs",
            )
        return _unarchived(found)

    def _write(self, asset: Asset, value: str, tags: Mapping[str, str]) -> None:
        if self.by_stage:
            models.mark(self.session, self.place, asset, tags=tags, stage=value)
        else:
            models.mark(self.session, self.place, asset, tags={**tags, STATE: value})

    def _marked(self, every: list[Asset]) -> list[Asset]:
        """That which was marked last comes first."""
        found = [one for one in every if self._value(one) == self.champion_name]
        return sorted(found, key=_since, reverse=True)

    def _value(self, asset: Asset) -> str:
        return (
            str(asset.properties.get("stage") or "") if self.by_stage else asset.tags.get(STATE, "")
        )

    def _all(self) -> list[Asset]:
        return assets.versions(self.session, self.place, models.KIND, self.name, archived=True)


def _unarchived(asset: Asset) -> Asset:
    """:raises InputError: nobody who lists the models would see such a champion."""
    if asset.archived:
        raise InputError(
            f"{asset.reference} is archived, so it can't become the champion",
            cause="somebody archived the version after it was registered",
            fix="restore it (az ml model restore), or promote another version",
        )
    return asset


def _since(asset: Asset) -> tuple[str, int, str]:
    """When it was marked, then its number: version 10 is newer than 9."""
    number = int(asset.version) if asset.version.isdecimal() else 0
    return asset.tags.get(SINCE, ""), number, asset.version


def _known(asset: Asset) -> ModelVersion:
    missing = "" if models.metrics_of(asset) else "it was registered without metrics"
    return ModelVersion(
        asset.name, asset.version, models.metrics_of(asset), dict(asset.tags), missing
    )
