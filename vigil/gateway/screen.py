"""The built operations screen. Its own addresses (/alerts, /wall …) all answer with index.html, which knows them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response

from vigil.gateway.deps import Deps

router = APIRouter(include_in_schema=False)

_NOT_PAGES: Final = frozenset({"api", "uplink"})
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""For /assets: the build puts a hash of the contents into each name."""
_NOT_BUILT: Final = (
    "The operations screen is not built. Build it with\n\n    python scripts/build_screen.py\n\n"
    "and start the centre again. The API is at /api/v1.\n"
)


@router.api_route("/{path:path}", methods=["GET", "HEAD"], response_class=Response)
def screen(path: str, deps: Deps) -> Response:
    first = path.split("/", 1)[0]
    if first in _NOT_PAGES:
        raise HTTPException(404, "There is nothing here.")
    if deps.static is None or not (deps.static / "index.html").is_file():
        return PlainTextResponse(_NOT_BUILT, 503)
    file = _file(deps.static, path)
    if file is not None:
        cached = _IMMUTABLE if first == "assets" else "no-cache"
        return FileResponse(file, headers={"Cache-Control": cached})
    if first == "assets":  # an older page asks for what a newer build has not: a page in its place would only confuse
        raise HTTPException(404, "There is nothing here.")
    return FileResponse(deps.static / "index.html", headers={"Cache-Control": "no-cache"})


def _file(root: Path, path: str) -> Path | None:
    """The file, unless the path leads out of the folder or to none."""
    if "\0" in path:
        return None
    found = (root / path).resolve()
    return found if found.is_relative_to(root.resolve()) and found.is_file() else None
