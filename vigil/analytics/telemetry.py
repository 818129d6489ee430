"""What the detector libraries would tell their makers, and how that is stopped. The only importer of `openvino`.

Seen in OpenVINO 2026.4: `import openvino` alone sends an event to Google Analytics from a forked process and writes to
~/intel, without asking; so do its converter and NNCF. All three have a stub for the case that the package
`openvino_telemetry` is not there, so for this process it is not. A test listens for connections.
"""

from __future__ import annotations

import sys
from types import ModuleType


def silence_openvino() -> None:
    """Make `import openvino_telemetry` fail in this process. To be called before anything imports OpenVINO or NNCF."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # None: as if not installed


def import_openvino() -> ModuleType:
    """The module `openvino`, silenced, with its `preprocess`."""
    silence_openvino()
    import openvino.preprocess  # noqa: PLC0415 - only after it was silenced

    module: ModuleType = openvino
    return module
