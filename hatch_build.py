"""Compile the event model when the program is installed or a wheel is built. It needs a C compiler."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledEventModel(BuildHookInterface[Any]):
    """Calls compile_model.py, and takes what it made into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected. An editable installation uses them where they are."""
        sys.path.insert(0, self.root)
        import compile_model

        self.app.display_info(compile_model.compile_all())
        if version != "editable" and compile_model.usable():
            build_data["artifacts"].append("sim/_compiled/")  # left out else
            build_data["pure_python"], build_data["infer_tag"] = False, True
