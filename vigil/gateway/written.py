"""Answers of many rows: written as JSON by the worker thread that read them.

What a route returns as a model FastAPI checks again in another thread, and writes on the event loop, while everybody waits.
Such a route names its model as `response_model` for the contract, and answers with what this makes of it.
"""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import Response


def written(view: BaseModel) -> Response:
    return Response(view.model_dump_json(), media_type="application/json")
