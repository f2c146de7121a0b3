"""Serves what the replicas of this pod have counted: python -c THIS DIRECTORY PORT.

Each replica keeps its counters in files of DIRECTORY; they are summed at every scrape, so this process knows nothing of
the replicas and may start before them.
"""

import signal
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

directory, port = Path(sys.argv[1]), int(sys.argv[2])
# before any thread starts, so that none of them takes the signal; as process 1 it would have no effect otherwise
ends = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, ends)
directory.mkdir(parents=True, exist_ok=True)
registry = CollectorRegistry()
MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
start_http_server(port, registry=registry)
signal.sigwait(ends)
