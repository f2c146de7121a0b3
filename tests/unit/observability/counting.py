"""``python -m tests.unit.observability.counting`` counts in ``PROMETHEUS_MULTIPROC_DIR``, as it is told.

Each line of stdin is one of ``replied N`` (a batch of N rollouts), ``enter`` (a request that stays in flight),
``identify NAME`` (what scores now), ``fork`` (a child counts a batch of one), and ``leave a child`` (which counts
nothing, and ends with stdin's other end, not with this process). Each is answered by ``done``.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack

from medreward.observability.metrics import Metrics, make_shared_directory
from medreward.scoring.in_place import InPlace
from tests.unit.observability.replies import reply

_CHILD_S = 20.0  # that the child which is left lives


def main() -> None:
    """Until stdin ends."""
    make_shared_directory()
    metrics = Metrics()
    with ExitStack() as flights:
        print("done", flush=True)
        for line in sys.stdin:
            command, _, argument = line.strip().partition(" ")
            if command == "replied":
                metrics.replied("http", reply([1.0] * int(argument)), InPlace())
            elif command == "enter":
                flights.enter_context(metrics.in_flight("http", "score"))
            elif command == "identify":
                metrics.identified({"engine": argument}, {})
            elif command == "leave":
                if not os.fork():
                    os.close(sys.stdout.fileno())
                    time.sleep(_CHILD_S)
                    os._exit(0)
            elif command == "fork":
                child = os.fork()
                if not child:
                    metrics.replied("http", reply([1.0]), InPlace())
                    os._exit(0)
                os.waitpid(child, 0)
            print("done", flush=True)


if __name__ == "__main__":
    main()
