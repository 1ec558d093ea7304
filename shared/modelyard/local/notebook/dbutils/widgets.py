"""``dbutils.widgets``: the parameters of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelyard.local.notebook.dbutils.guide import Helpful


class InputWidgetNotDefined(Exception):
    """``com.databricks.dbutils_v1.InputWidgetNotDefined``."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No input widget named {name} is defined")


class Widgets(Helpful):
    """Input widgets: in a run, its parameters stand before the widgets' defaults.

    A parameter can be read without a widget of its name. A widget that exists keeps its value when
    it is made again.
    """

    name = "widgets"

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._values = {str(name): str(value) for name, value in parameters.items()}

    def text(
        self,
        name: str,
        defaultValue: str = "",  # noqa: N803
        label: str | None = None,  # noqa: ARG002
    ) -> None:
        """Create a text widget."""
        self._create(name, defaultValue)

    def dropdown(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],
        label: str | None = None,  # noqa: ARG002
    ) -> None:
        """Create a widget that allows one of its choices; the default must be one of them."""
        _check_choice(name, defaultValue, choices)
        self._create(name, defaultValue)

    def combobox(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],  # noqa: ARG002
        label: str | None = None,  # noqa: ARG002
    ) -> None:
        """Create a widget that allows one of its choices or a text."""
        self._create(name, defaultValue)

    def multiselect(
        self,
        name: str,
        defaultValue: str,  # noqa: N803
        choices: Sequence[str],
        label: str | None = None,  # noqa: ARG002
    ) -> None:
        """Create a widget that allows several of its choices; ``get`` joins them with commas."""
        _check_choice(name, defaultValue, choices)
        self._create(name, defaultValue)

    def get(self, name: str) -> str:
        """The value of a widget or parameter; raises InputWidgetNotDefined."""
        try:
            return self._values[name]
        except KeyError:
            raise InputWidgetNotDefined(name) from None

    def getArgument(self, name: str, defaultValue: str | None = None) -> str:  # noqa: N802, N803
        """The value of a widget or parameter, or else the default (deprecated)."""
        if defaultValue is None:
            return self.get(name)
        return self._values.get(name, str(defaultValue))

    def getAll(self) -> dict[str, str]:  # noqa: N802
        """All widgets and parameters."""
        return dict(self._values)

    def remove(self, name: str) -> None:
        """Remove a widget; raises InputWidgetNotDefined."""
        if name not in self._values:
            raise InputWidgetNotDefined(name)
        del self._values[name]

    def removeAll(self) -> None:  # noqa: N802
        """Remove every widget."""
        self._values.clear()

    def set_all(self, values: Mapping[str, str]) -> None:
        """Set values as ``%run ./notebook $name="value"`` does; not Databricks' interface."""
        self._values.update(values)

    def _create(self, name: str, default: str) -> None:
        if not name:
            raise ValueError("a widget needs a name")
        self._values.setdefault(name, str(default))


def _check_choice(name: str, default: str, choices: Sequence[str]) -> None:
    if str(default) not in [str(choice) for choice in choices]:
        raise ValueError(
            f"Default value {default!r} of widget {name!r} isn't one of its choices: "
            + ", ".join(map(str, choices))
        )
