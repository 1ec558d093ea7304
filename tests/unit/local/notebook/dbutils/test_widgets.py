"""dbutils.widgets"""

from __future__ import annotations

import pytest

from modelyard.local.notebook.dbutils.widgets import InputWidgetNotDefined, Widgets


def test_parameters_stand_before_defaults() -> None:
    widgets = Widgets({"alpha": "0.1"})
    widgets.text("alpha", "0.5", "Alpha")
    widgets.text("l1_ratio", "0.5")
    assert widgets.get("alpha") == "0.1"
    assert widgets.get("l1_ratio") == "0.5"
    assert widgets.getAll() == {"alpha": "0.1", "l1_ratio": "0.5"}


def test_parameter_without_widget_can_be_read() -> None:
    assert Widgets({"x": "1"}).get("x") == "1"


def test_missing_widget_is_the_error_of_databricks() -> None:
    widgets = Widgets({})
    for call in (widgets.get, widgets.remove, widgets.getArgument):
        with pytest.raises(
            InputWidgetNotDefined, match=r"^No input widget named alpha is defined$"
        ):
            call("alpha")


def test_widget_that_exists_keeps_its_value() -> None:
    widgets = Widgets({})
    widgets.dropdown("d", "a", ["a", "b"])
    widgets.combobox("d", "z", ["a"])
    assert widgets.get("d") == "a"
    widgets.remove("d")
    widgets.multiselect(name="d", defaultValue="b", choices=["a", "b"], label="D")
    assert widgets.get("d") == "b"
    widgets.removeAll()
    assert widgets.getAll() == {}


def test_default_must_be_a_choice() -> None:
    with pytest.raises(ValueError, match="Default value 'x' of widget 'd'"):
        Widgets({}).dropdown("d", "x", ["a", "b"])


def test_get_argument_has_a_default() -> None:
    assert Widgets({}).getArgument("x", "d") == "d"
    assert Widgets({"x": "1"}).getArgument("x", "d") == "1"
