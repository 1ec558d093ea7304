"""Deployment templates: expressions, defaults, conditions, order, nesting."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.expressions import Scope, evaluate
from modelyard.local.cloud.arm.templates import Place, resources

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
GROUP = {"name": "g", "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g", "location": "here"}
PLACE = Place({"subscriptionId": SUBSCRIPTION, "tenantId": "t"}, GROUP)
KIND = "Microsoft.Storage/storageAccounts"


def scope(**parameters: Any) -> Scope:
    return Scope(
        parameters.__getitem__, {"v": ["x", "y"]}.__getitem__, PLACE.subscription, GROUP, str
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("[[not one]", "[not one]"),
        ("['it''s']", "it's"),
        ("[concat('a', parameters('p'), 1)]", "ab1"),
        ("[variables('v')[1]]", "y"),
        ("[subscription().tenantId]", "t"),
        ("[resourceGroup().location]", "here"),
        ("[if(equals(parameters('p'), 'B'), 'yes', 'no')]", "yes"),
        ("[and(not(false()), or(false(), empty('')))]", True),
        ("[json('null')]", None),
        ("[length(array('x'))]", 1),
        ("[toUpper(substring('abcd', 1, 2))]", "BC"),
        (
            f"[resourceId('{KIND}', 's')]",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/{KIND}/s",
        ),
        (
            f"[resourceId('other', '{KIND}/blobServices', 's', 'default')]",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/{KIND}/s"
            "/blobServices/default",
        ),
        ("[resourceId('sub', 'other', 'a/b', 'n')]",
         "/subscriptions/sub/resourceGroups/other/providers/a/b/n"),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: Any) -> None:
    assert evaluate(text, scope(p="b")) == expected


def test_unique_strings_depend_on_what_they_are_made_of() -> None:
    one, same, other = (evaluate(f"[uniqueString('{text}')]", scope()) for text in ("a", "a", "b"))
    assert one == same != other
    assert len(one) == 13


@pytest.mark.parametrize(
    "text",
    ["[concat('a']", "[nothing('a')]", "[variables('v').x]", "[concat('a')) ]", "['a' 'b']", "[%]"],
)
def test_what_is_no_expression_is_an_invalid_template(text: str) -> None:
    with pytest.raises(ArmError) as caught:
        evaluate(text, scope())
    assert caught.value.code == "InvalidTemplate"


def test_resources_come_after_what_they_depend_on_and_only_where_their_condition_holds() -> None:
    template = {
        "parameters": {"name": {"type": "string"}, "more": {"defaultValue": False}},
        "resources": [
            {
                "type": "B/b",
                "name": "[parameters('name')]",
                "dependsOn": ["[resourceId('A/a', 'first')]"],
                "properties": {"of": "[resourceGroup().name]"},
            },
            {"type": "A/a", "name": "first"},
            {"type": "C/c", "name": "never", "condition": "[parameters('more')]"},
        ],
    }
    found = list(resources(template, {"name": {"value": "second"}}, PLACE))
    assert [(one.kind, one.name) for one in found] == [("A/a", "first"), ("B/b", "second")]
    assert found[1].body == {"properties": {"of": "g"}}


@pytest.mark.parametrize("inner", [True, False])
def test_a_nested_deployment_is_evaluated_where_it_says(inner: bool) -> None:
    below = {
        "parameters": {"p": {"defaultValue": "below"}},
        "resources": [{"type": "A/a", "name": "[parameters('p')]"}],
    }
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "n",
        "resourceGroup": "other",
        "properties": {
            "template": below,
            **({"expressionEvaluationOptions": {"scope": "inner"}} if inner else {}),
        },
    }
    template = {"parameters": {"p": {"defaultValue": "above"}}, "resources": [nested]}
    [found] = resources(template, {}, PLACE)
    assert (found.group, found.name) == ("other", "below" if inner else "above")


@pytest.mark.parametrize(
    ("template", "given", "message"),
    [
        ({}, {}, "no list of resources"),
        ({"parameters": {"p": {}}, "resources": []}, {}, "'p' is not provided"),
        ({"resources": []}, {"q": {"value": 1}}, "do not correspond"),
        (
            {"parameters": {"p": {"allowedValues": ["a"]}}, "resources": []},
            {"p": {"value": "b"}},
            "not valid",
        ),
        (
            {
                "resources": [
                    {"type": "A/a", "name": "x", "dependsOn": ["y"]},
                    {"type": "A/a", "name": "y", "dependsOn": ["x"]},
                ]
            },
            {},
            "circular",
        ),
    ],
)
def test_what_is_wrong_with_a_template(template: Any, given: Any, message: str) -> None:
    with pytest.raises(ArmError, match=message):
        list(resources(template, given, PLACE))
