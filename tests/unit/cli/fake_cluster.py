"""``medreward`` with a cluster of no Ray: ``python fake_cluster.py START COMMAND ...``.

START is what starting does: ``works``, ``waits``, ``breaks`` (waits, and makes another error of a KeyboardInterrupt, as
a broken import does), ``swallows`` (waits, and goes on after one), ``exits`` (waits, a SIGTERM being Ray's own), or
``fails``. Stopping takes half a second. A word for each step goes to stdout.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any, Self

from medreward.serve import local
from medreward.serve.environment import Proxy

START = sys.argv.pop(1)


class FakeCluster:
    def __init__(self, settings: object) -> None:
        self.proxy = Proxy("ray", "as configured")
        self.url, self.grpc_address = "http://127.0.0.1:1", None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _start(self) -> None:
        if START == "exits":
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(number))
        print("starting", flush=True)
        if START == "works":
            return
        if START == "fails":
            raise RuntimeError("no")
        try:
            time.sleep(20)
        except KeyboardInterrupt:
            if START == "breaks":
                raise AttributeError("partially initialized module 'ray' has no attribute '_private'") from None
            if START != "swallows":
                raise

    def stop(self) -> None:
        print("stopping", flush=True)
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            time.sleep(0.01)
        print("gone", flush=True)


if __name__ == "__main__":
    replaced: Any = local
    replaced.LocalCluster = FakeCluster
    from medreward.cli import main

    sys.path.remove(str(Path(__file__).parent))
    main()
