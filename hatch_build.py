"""Build hook: the operations screen is built by Vite into vigil/gateway/static before the wheel is packed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ScreenBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002, the hook's interface
        script = Path(self.root) / "scripts" / "build_screen.py"
        if script.exists():  # absent when a wheel is built from an sdist, which carries the built screen
            subprocess.run([sys.executable, str(script)], check=True, cwd=self.root)
