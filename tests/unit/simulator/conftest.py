from __future__ import annotations

import pytest

from tests.unit.sim.miniature import make_assets
from vigil.sim.assets import Assets, load_assets


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    """The miniature hall. Its folder is shared: nobody may write to it."""
    return load_assets(make_assets(tmp_path_factory.mktemp("miniature")))
