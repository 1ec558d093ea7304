"""``dbutils`` of a notebook. Source: "Databricks Utilities (dbutils) reference".

Names of methods and arguments are Databricks' (camel case where theirs are), because notebooks pass
arguments by name.
"""

from __future__ import annotations

import sys
from typing import Any

from modelyard.local.notebook.dbutils.context import Context, EntryPoint
from modelyard.local.notebook.dbutils.fs import FileSystem
from modelyard.local.notebook.dbutils.guide import describe, overview
from modelyard.local.notebook.dbutils.jobs import Jobs
from modelyard.local.notebook.dbutils.library import Credentials, Library
from modelyard.local.notebook.dbutils.notebook import NotebookUtility
from modelyard.local.notebook.dbutils.secrets import Secrets
from modelyard.local.notebook.dbutils.widgets import Widgets

__all__ = ["Context", "DBUtils"]


class DBUtils:
    """All utilities of one run."""

    def __init__(
        self,
        *,
        widgets: Widgets,
        secrets: Secrets,
        fs: FileSystem,
        notebook: NotebookUtility,
        jobs: Jobs,
        library: Library,
    ) -> None:
        self.widgets = widgets
        self.secrets = secrets
        self.fs = fs
        self.notebook = notebook
        self.jobs = jobs
        self.library = library
        self.credentials = Credentials()
        self.notebook.entry_point = EntryPoint(notebook.getContext)
        self.entry_point = self.notebook.entry_point

    def __call__(self, *_: Any) -> DBUtils:
        """``DBUtils(spark)`` of ``pyspark.dbutils`` gives the run's own."""
        return self

    def help(self, utility: str = "") -> None:
        """Print what the utilities, or one of them, can do."""
        text = describe(getattr(self, utility), utility) if utility else overview(self)
        sys.stdout.write(text + "\n")

    def __repr__(self) -> str:
        return "Package 'dbutils'. For more information, type 'dbutils.help()'."
