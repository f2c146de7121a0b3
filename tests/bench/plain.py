"""The same code behind plain uvicorn, one process: what Ray Serve's path is compared with."""

from __future__ import annotations

import sys

import uvicorn

from medreward.assembly import build_desk, build_pipeline
from medreward.config import load_settings
from medreward.ingress.http import create_app
from medreward.observability.observer import Observer

if __name__ == "__main__":
    settings = load_settings()
    app = create_app(build_pipeline(settings), build_desk(settings, None), settings.limits, Observer())
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning")
