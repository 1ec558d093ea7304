"""model-promote: the challenger against the champion, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from modelyard import summary
from modelyard.context import Context
from modelyard.deployment_errors import NotPromoted
from modelyard.errors import NotFound, ServiceError
from modelyard.operation import Operation, result
from modelyard.operations.promotion.comparison import (
    NO_CHAMPION,
    PROMOTE,
    Judgement,
    ModelVersion,
    Rule,
    judge,
)
from modelyard.operations.promotion.promotion_inputs import PromotionInputs, registry_of, rule_of
from modelyard.operations.promotion.registries import Registry
from modelyard.selection import number

ATTEMPTS = 5
"""So often the two are compared anew because another job has promoted in between."""


@dataclass(frozen=True)
class Outputs:
    verdict: str | None = result(
        "promote, keep, no-champion or incomparable; set when the two were compared."
    )
    reason: str | None = result("Why, in a few words; set with it.")
    promoted: bool | None = result(
        "Whether the challenger became the champion (in a dry run: would); set with it."
    )
    challenger_version: str | None = result("The challenger's version; set when it is found.")
    challenger_metric: float | None = result("Its value of the metric; set with the verdict.")
    champion_version: str | None = result(
        "Version that is the champion in the end; set when there is one."
    )
    former_version: str | None = result(
        "Version that was the champion before; set when there was one."
    )
    former_metric: float | None = result("Its value of the metric; set where it has one.")
    gain: float | None = result(
        "By how much the challenger is better, negative when it is worse; set where both have the "
        "metric."
    )
    error: str | None = result("What went wrong; set when the step failed.")


def run(inputs: PromotionInputs, context: Context) -> Outputs:
    rule = rule_of(inputs)
    registry = registry_of(inputs, context)
    challenger = _challenger(registry, inputs)
    context.publish(challenger_version=challenger.version)
    first = inputs.promote_first and NO_CHAMPION not in inputs.fail_on
    former, found, promoted = _decide(registry, challenger, rule, first, context)
    champion = challenger if promoted and not registry.session.read_only else former
    context.publish(
        verdict=found.verdict,
        reason=found.reason,
        promoted=promoted,
        challenger_metric=found.challenger,
        champion_version=champion.version if champion else None,
        former_version=former.version if former else None,
        former_metric=found.champion,
        gain=found.gain,
    )
    told = f"{challenger.shown}: {found.verdict}, {found.reason}"
    context.log.info("%s", told)
    context.ci.summary(_summary(challenger, former, found, rule))
    if found.verdict in inputs.fail_on and challenger.version != _version(former):
        if found.verdict == NO_CHAMPION:
            raise NotPromoted(
                told,
                cause="fail-on has no-champion, so that nothing becomes the champion unseen",
                fix="leave no-champion out of fail-on: the first one becomes the champion",
            )
        raise NotPromoted(told)
    return Outputs()


def _challenger(registry: Registry, inputs: PromotionInputs) -> ModelVersion:
    if inputs.version:
        return registry.version(inputs.version)
    found = registry.of_run(str(inputs.run_id))
    if found is None:
        raise NotFound(
            f"no version of {inputs.name} comes from the run {inputs.run_id}",
            cause="the training logged the model and didn't register it",
            fix="register it: registered_model_name=... where the notebook logs it, or with "
            "model-register and its input run-id",
        )
    return found


def _decide(
    registry: Registry, challenger: ModelVersion, rule: Rule, first: bool, context: Context
) -> tuple[ModelVersion | None, Judgement, bool]:
    """The champion that it was compared with, the judgement, and whether it took its place.

    No registry changes a mark only if it is still where it was. So the champion is read again
    right before the change and right after it; who sees another one compares anew.
    """
    for _ in range(ATTEMPTS):
        former = registry.champion()
        found = judge(challenger, former, rule)
        if found.verdict != PROMOTE and not (found.verdict == NO_CHAMPION and first):
            if not registry.session.read_only:
                registry.settle()
            return former, found, False
        if registry.session.read_only:
            context.log.info("%s would get the %s", challenger.shown, registry.mark)
            return former, found, True
        if _version(registry.champion()) == _version(former):
            registry.crown(challenger)
            if _version(registry.champion()) == challenger.version:
                context.log.info("%s has the %s now", challenger.shown, registry.mark)
                return former, found, True
        context.log.warning("another job has changed the %s: comparing anew", registry.mark)
    raise ServiceError(
        f"the {registry.mark} has changed {ATTEMPTS} times while it was compared",
        cause="several jobs promote versions of this model at the same time",
        fix="let them wait for each other: an exclusive lock on the environment, or a group in "
        "concurrency",
    )


def _version(found: ModelVersion | None) -> str:
    return found.version if found else ""


def _summary(
    challenger: ModelVersion, champion: ModelVersion | None, found: Judgement, rule: Rule
) -> str:
    rows = [("challenger", summary.escape(challenger.version), number(found.challenger))]
    if champion is not None:
        best = "" if found.champion is None else number(found.champion)
        rows.append(("champion", summary.escape(champion.version), best))
    return (
        f"{summary.heading(f'{challenger.name}: {found.verdict}')}\n\n"
        f"{summary.table(('', 'version', rule.by.metric), rows, right=[2])}\n\n"
        f"{summary.escape(found.reason)}\n"
    )


OPERATION = Operation(
    name="model-promote",
    title="Promote a model over the champion",
    description="Compares a new version of a registered model with the champion by a metric, says "
    "promote, keep, no-champion or incomparable, and marks the better one as the champion: by an "
    "alias, a tag or a stage. Whether a verdict fails the step is an input.",
    group="models",
    task_id="a1d675ba-2b29-46e9-9e83-b3e10d681a1c",
    inputs=PromotionInputs,
    outputs=Outputs,
    run=run,
    attaches=True,
    example="registry: unity-catalog\nname: main.default.wine-quality\n"
    "run-id: ${{ steps.model-select.outputs.best-run-id }}\n"
    "metric: rmse\nbetter: lower\nminimum-gain: 0.01",
)
