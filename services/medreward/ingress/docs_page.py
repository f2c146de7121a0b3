"""``/docs``: Swagger UI over ``/openapi.json``, from files of this service: it works where no CDN is reached."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>medreward</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});\n'
_KINDS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


def add_docs(app: FastAPI) -> None:
    """Adds the page and what it loads. All of it is named relative to the page: the service may have a prefix."""
    # only its files are used
    folder = files("fastapi_swagger") / "resources"

    async def page(request: Request) -> Response:
        return Response(_PAGE, media_type="text/html")

    async def part(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "start.js":
            return Response(_START, media_type="text/javascript")
        if name not in _KINDS:
            raise HTTPException(404, "Not Found")
        return Response(
            (folder / name).read_bytes(), media_type=_KINDS[name], headers={"Cache-Control": "private, max-age=86400"}
        )

    app.add_route("/docs", page, methods=["GET"], include_in_schema=False)
    app.add_route("/docs/{name}", part, methods=["GET"], include_in_schema=False)
