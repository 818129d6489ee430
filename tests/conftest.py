"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("vigil", deadline=None)  # a test that fails because the machine is busy tells nothing
settings.load_profile("vigil")
